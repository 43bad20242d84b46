import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { testReal } from '../../kit/real.ts';

const run = promisify(execFile);
const recorded = join(import.meta.dirname, '../../kit/fixtures/policy-checker.json');

testReal('the apiserver says of random rules and requests what was recorded of it', async () => {
  await using folder = await temporaryFolder();
  await cp(join(import.meta.dirname, 'checker'), folder.path, { recursive: true });
  const go = async (...parameters: string[]) =>
    (await run('go', parameters, { cwd: folder.path, maxBuffer: 256 * 1024 * 1024 })).stdout;
  await go('mod', 'init', 'checker');
  await go('get', 'k8s.io/apiserver@v0.35.4');
  await go('mod', 'tidy');
  expect(await go('run', '.')).toBe(await readFile(recorded, 'utf8'));
});
