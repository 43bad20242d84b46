import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { runTimeFiles } from '../../../build/run-time-files.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

/** Bundles `agent/deep/main.ts` with these other files of agent/; returns what the bundle consists of. */
async function bundled(main: string, others: Record<string, string>): Promise<string[]> {
  await using place = await temporaryFolder();
  for (const [name, text] of Object.entries({ ...others, 'deep/main.ts': main })) {
    await mkdir(join(place.path, 'agent', name, '..'), { recursive: true });
    await writeFile(join(place.path, 'agent', name), text);
  }
  const input = join(place.path, 'agent/deep/main.ts');
  await using build = await rolldown({ input, platform: 'node', plugins: [runTimeFiles()] });
  const dir = join(place.path, 'out');
  const { output } = await build.write({ dir, format: 'esm', entryFileNames: '[name].js' });
  const written = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  expect(written.length).toBe(output.length);
  return output.map((file) => file.fileName).toSorted();
}

const url = (name: string) => `new URL('${name}', import.meta.url)`;

test('a file, a folder and a thread that code names come with the bundle, beside it', async () => {
  const main = `console.log(${url('policy.yaml')}, ${url('../boards/')}, ${url('./worker.ts')}, ${url('../far/text.txt')});`;
  const others = {
    'deep/policy.yaml': 'a: 1',
    'boards/one.json': '{}',
    'boards/more/two.json': '{}',
    'deep/worker.ts': 'console.log(1 as number);',
    'far/text.txt': 'text',
  };
  expect(await bundled(main, others)).toEqual([
    'boards/more/two.json',
    'boards/one.json',
    'main.js',
    'policy.yaml',
    'text.txt',
    'worker.js',
  ]);
});

test('a build with code that looks for its files in another way ends', async () => {
  await expect(bundled(`console.log(import.meta.dirname);`, {})).rejects.toThrow(/name files as new URL/u);
  await expect(bundled(`console.log(${url('missing.yaml')});`, {})).rejects.toThrow(/missing\.yaml/u);
});

test('two files of one name in different folders end the build: the bundle is one folder', async () => {
  const main = `console.log(${url('a.txt')}, ${url('../a.txt')});`;
  await expect(bundled(main, { 'deep/a.txt': '1', 'a.txt': '2' })).rejects.toThrow(/have one name/u);
});
