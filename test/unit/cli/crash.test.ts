import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../kit/agent/index.ts';

// From source: faults are put into its modules.
const main = join(import.meta.dirname, '../../../agent/cli/main.ts');
const entry = join(import.meta.dirname, '../../../agent/cli/entry.ts');

/** Does something once a command has begun its work, which is when it listens for signals. */
function atWork(code: string): string {
  return `const timer = setInterval(() => { if (process.listenerCount('SIGTERM') > 0) { clearInterval(timer); ${code} } }, 5);`;
}

/** Runs a command with a fault that we put into the process: code that runs before ours. */
async function withFault(code: string, file: string, ...parameters: string[]) {
  const fault = `data:text/javascript,${encodeURIComponent(code)}`;
  const child = spawn(process.execPath, ['--import', fault, file, ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stderr, exited] = await Promise.all([text(child.stderr), once(child, 'exit'), text(child.stdout)]);
  return { exited, stderr };
}

test.each([
  ['an exception', "throw new Error('a fault of ours')"],
  ['a rejection', "Promise.reject(new Error('a fault of ours'))"],
])('%s that nobody catches ends the agent with 2, and its place is shown', async (_name, code) => {
  await using folder = await temporaryFolder();
  const config = join(folder.path, 'auditseal.yaml');
  const settings = {
    cluster: 'prod',
    stateDir: join(folder.path, 'state'),
    sources: [{ name: 'kube-apiserver', path: join(folder.path, 'audit.log') }],
    elasticsearch: { urls: ['http://127.0.0.1:1'] },
    http: { port: 0 },
  };
  await writeFile(config, JSON.stringify(settings));
  const { exited, stderr } = await withFault(atWork(code), main, 'run', '--config', config);
  expect(exited).toEqual([2, null]);
  expect(stderr).toMatch(
    /^auditseal: this is a fault of auditseal, please report it:\n {2}Error: a fault of ours\n {4}at /u,
  );
});

test.each([['version'], ['verify --url http://127.0.0.1:1'], ['validate'], ['statement retire']])(
  'a fault in %s itself does not end with 1',
  async (parameters) => {
    const fault =
      "process.stdout.write = process.stderr.write = () => { throw new TypeError('a fault of ours') };";
    const { exited } = await withFault(fault, main, ...parameters.split(' '));
    expect(exited).toEqual([2, null]);
  },
);

test('a part of the program that is missing ends with 2', async () => {
  const fault = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, context, next) => {
      if (name.endsWith('/main.ts')) throw new Error('it is not there');
      return next(name, context);
    } });`;
  const { exited, stderr } = await withFault(fault, entry, 'verify');
  expect(exited).toEqual([2, null]);
  expect(stderr).toBe('auditseal: cannot start: Error: it is not there\n');
});
