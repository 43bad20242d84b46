import { writeSync } from 'node:fs';
import { run } from '../../agent/cli/run.ts';

/**
 * `node child.ts CONFIG [FAILPOINT HIT]`: the agent as `auditseal run` runs it, which stops itself (SIGSTOP) at the hit-th
 * time that it comes to the named failpoint, after a line on file descriptor 3 for whoever is to kill it.
 */
const [config = '', failpoint, hit = '1'] = process.argv.slice(2);
let hits = 0;

process.exitCode = await run(config, (name) => {
  if (name !== failpoint) return;
  hits += 1;
  if (hits !== Number(hit)) return;
  writeSync(3, `${name}\n`);
  process.kill(process.pid, 'SIGSTOP');
});
