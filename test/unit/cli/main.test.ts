import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { main } from '../../kit/agent/programs.ts';
import manifest from '../../../package.json' with { type: 'json' };

function exitCodeOf(...parameters: string[]): Promise<number> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...parameters], (error) => resolve(Number(error?.code ?? 0)));
  });
}

test.concurrent.each<[string, number]>([
  ['verfy', 78],
  ['run --conifg x', 78],
  ['status --jsno', 78],
  ['validate --conifg x', 78],
  ['statement retier', 78],
  ['trust ad', 2],
  ['verify --sicne 1h', 2],
  ['verify --help', 0],
])('auditseal %s ends with %i', async (parameters, code) => {
  expect(await exitCodeOf(...parameters.split(' '))).toBe(code);
});

test.concurrent.each(['--version', '-V', 'version'])(
  'auditseal %s prints its version and that of Node',
  async (parameter) => {
    const printed = new Promise<string>((resolve, reject) => {
      execFile(process.execPath, [main, parameter], (error, stdout, stderr) =>
        error ? reject(error) : resolve(stdout + stderr),
      );
    });
    expect(await printed).toBe(`auditseal ${manifest.version} (Node ${process.versions.node})\n`);
  },
);
