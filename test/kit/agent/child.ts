import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { run } from '../../../agent/cli/run/index.ts';
import { processTerminal } from '../../../agent/cli/terminal/terminal.ts';

/**
 * `node child.ts CONFIG [FAILPOINT HIT]`: the agent as `auditseal run` runs it, which stops itself (SIGSTOP) at the hit-th
 * time that it comes to the named failpoint, after a line on file descriptor 3 for whoever is to kill it.
 *
 * With AUDITSEAL_TEST_WATCH=no in the environment it has no file system watcher, as on a system that says nothing. The
 * variable is inherited: `AUDITSEAL_TEST_WATCH=no npx vitest run test/kit/agent test/whole/crash test/whole/tail` runs all of them so.
 */
const [config = '', failpoint, hit = '1'] = process.argv.slice(2);
const watch = process.env['AUDITSEAL_TEST_WATCH'] !== 'no';
let hits = 0;

const stopAt = (name: string) => {
  if (name !== failpoint) return;
  hits += 1;
  if (hits !== Number(hit)) return;
  writeSync(3, `${name}\n`);
  process.kill(process.pid, 'SIGSTOP');
};
// Ends with whoever started it, however that one ends.
new Socket({ fd: 3 })
  .on('close', () => process.kill(process.pid, 'SIGKILL'))
  .resume()
  .unref();

await run(config, processTerminal(), { failpoint: stopAt, watch });
