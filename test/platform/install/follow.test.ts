import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Report, Unavailable } from '../cluster/report.ts';
import { followRoute } from './follow.ts';
import { parseGuide } from './guide.ts';
import { GuideImage } from './image.ts';
import { planRoute } from './route.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-follow-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const step = (i: number, command: string) => `## ${i}. Step\n\`\`\`console\n$ ${command}\n\`\`\`\n`;
const guide = parseGuide(
  `# Guide\n${step(1, 'one')}${step(2, 'two')}${step(3, 'load "$IMAGE_ARCHIVE"')}${step(4, 'four')}`,
);
const planned = planRoute(guide, { title: 'mine', parts: [], changes: [], expectations: [] });

async function follow(imageFile: string, start: () => Promise<void> = () => Promise.resolve()) {
  const [lines, commands]: [string[], string[]] = [[], []];
  const person = {
    run: (command: string) => {
      commands.push(command);
      return Promise.resolve({ code: 0, stdout: '', stderr: '' });
    },
  };
  const machine = { report: new Report((line) => lines.push(line)), settings: { imageFile }, person };
  const code = await followRoute('mine', guide, planned, machine, async () => {
    await start();
    return { auditLog: '', differences: [], settle: () => Promise.resolve() };
  });
  return { code, commands, text: lines.join('\n') };
}

test('a build of the image that fails fails the run, with what it said last', async () => {
  const imageFile = join(folder, 'image.json');
  const said = [...Array(100).keys()].map((i) => `line ${i}`);
  const image = new GuideImage('mine', imageFile, {
    open: () => Promise.resolve(),
    build: () => Promise.reject(new Error(`buildah build: ${said.join('\n')}\nno such file: Dockerfile`)),
  });
  await image.begin();
  const { code, commands, text } = await follow(imageFile);
  expect(code).toBe(1);
  expect(commands).toEqual(['one', 'two']);
  expect(text).toMatch(/FAILED {3}.*\n.*the image could not be built:\n[^]*no such file: Dockerfile/u);
  expect(text).toMatch(/2 proven, 1 failed, 0 skipped$/u);
});

test('where there is no buildah nothing begins', async () => {
  const image = new GuideImage('mine', join(folder, 'never.json'), {
    open: () => Promise.reject(new Unavailable('missing: buildah')),
    build: () => Promise.reject(new Error('not to be called')),
  });
  await expect(image.begin()).rejects.toThrow(Unavailable);
  await image.ended();
});

test('a route that began and was skipped on the way fails the run', async () => {
  const { code, commands, text } = await follow('', () => Promise.reject(new Unavailable('no runc')));
  expect(code).toBe(1);
  expect(commands).toEqual([]);
  expect(text).toMatch(/0 proven, 1 failed, 1 skipped$/u);
});
