import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { releaseNotes } from '../../../build/release.ts';
import { root } from '../../../build/root.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

const files = ['package.json', 'charts/auditseal/Chart.yaml', 'CHANGELOG.md'];

/** This checkout as it would be released, with each text replaced. */
async function checkout(
  folder: string,
  changes: [file: string, from: string | RegExp, to: string][],
): Promise<void> {
  await mkdir(join(folder, 'charts/auditseal'), { recursive: true });
  for (const file of files) await cp(join(root, file), join(folder, file));
  const all: typeof changes = [
    ['package.json', /(?:auditseal|git)\.example/gu, 'auditseal.test'],
    ['charts/auditseal/Chart.yaml', /(?:auditseal|git)\.example/gu, 'auditseal.test'],
    ['CHANGELOG.md', '## [Unreleased]', `## [${manifest.version}] - 2026-12-24`],
    ...changes,
  ];
  for (const [file, from, to] of all) {
    const text = await readFile(join(folder, file), 'utf8');
    const changed = text.replace(from, to);
    expect(changed, file).not.toBe(text);
    await writeFile(join(folder, file), changed);
  }
}

test('a release has the notes of its version', async () => {
  await using folder = await temporaryFolder();
  await checkout(folder.path, []);
  expect(await releaseNotes(folder.path, manifest.version)).toMatch(/^### /u);
});

test.each<[string, [string, string | RegExp, string], string]>([
  [
    'another version of the chart',
    ['charts/auditseal/Chart.yaml', /^version: .*/mu, 'version: 9.9.9'],
    'Chart.yaml: version is 9.9.9',
  ],
  [
    'another version in the chart',
    ['charts/auditseal/Chart.yaml', /^appVersion: .*/mu, 'appVersion: 9.9.9'],
    'appVersion is 9.9.9',
  ],
  [
    'another version of the package',
    ['package.json', /"version": ".*?"/u, '"version": "9.9.9"'],
    'package.json: version is 9.9.9',
  ],
  ['a section without a date', ['CHANGELOG.md', ' - 2026-12-24', ''], 'CHANGELOG.md has no section'],
  [
    'an address that does not exist',
    ['package.json', 'https://auditseal.test', 'https://auditseal.example'],
    'homepage is a placeholder',
  ],
])('is refused with %s', async (_name, change, problem) => {
  await using folder = await temporaryFolder();
  await checkout(folder.path, [change]);
  await expect(releaseNotes(folder.path, manifest.version)).rejects.toThrow(problem);
});

test('this checkout is refused: its addresses are placeholders, and its changes are not released', async () => {
  await expect(releaseNotes(root, manifest.version)).rejects.toThrow(
    /homepage is a placeholder[^]*icon is a placeholder[^]*CHANGELOG\.md has no section/u,
  );
  await expect(releaseNotes(root, 'latest')).rejects.toThrow('latest is no version');
});
