import { execFile } from 'node:child_process';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { makePrivate } from '../../../agent/store/private-folder.ts';
import { Store } from '../../../agent/store/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

test.each([
  [0o755, { mode: '0755', why: undefined }],
  [0o710, { mode: '0710', why: undefined }],
  [0o701, { mode: '0701', why: undefined }],
  [0o700, undefined],
])('a state folder with mode %o is its owner’s alone after the store was opened', async (mode, exposure) => {
  await using folder = await temporaryFolder();
  const state = join(folder.path, 'state');
  await mkdir(state);
  await chmod(state, mode);
  const store = await Store.open(state);
  expect(store.exposure).toEqual(exposure);
  await store.close();
  expect((await stat(state)).mode & 0o777).toBe(0o700);
});

test.runIf(isRoot)('where the folder is another user’s it is said why it stays as it is', async () => {
  await using folder = await temporaryFolder();
  await chmod(folder.path, 0o777);
  const file = JSON.stringify(join(import.meta.dirname, '../../../agent/store/private-folder.ts'));
  // Without CAP_FOWNER, as the agent's pod has it.
  const source = `import(${file}).then(({ makePrivate }) => { process.setuid(65534); console.log(JSON.stringify(makePrivate(process.argv[1]))); });`;
  const { stdout } = await run(process.execPath, ['--eval', source, folder.path]);
  expect(JSON.parse(stdout)).toEqual({ mode: '0777', why: expect.stringContaining('EPERM') as unknown });
  expect(makePrivate(folder.path)).toEqual({ mode: '0777', why: undefined });
});
