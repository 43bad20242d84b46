import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { defineRules } from '../../../../agent/cli/rules/index.ts';
import { builtInRules } from '../../../../agent/detect/index.ts';
import { temporaryFolder } from '../../../kit/agent/index.ts';
import { captured } from '../../../kit/captured-terminal.ts';
import { crafted } from '../../../kit/detect-events.ts';

const run = (...parameters: string[]) => captured(defineRules, parameters);
const own = (when: string) =>
  `rules:\n  - { id: own, title: Mine, when: '${when}', severity: critical, next: n, false_positives: f, needs: Metadata }\n`;

test('list has every rule, as a table and as JSON', async () => {
  const { code, out } = await run('list');
  expect(code).toBe(0);
  expect(out.trimEnd().split('\n')).toHaveLength(builtInRules().length + 1);
  const json = await run('list', '--json');
  const ids = json.out
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);
  expect(ids).toEqual(builtInRules().map(({ text }) => text.id));
});

test('show has what a person needs, and names no rule that is not there', async () => {
  const { code, out } = await run('show', 'privileged-container');
  expect(code).toBe(0);
  for (const part of ['privileged_pod', 'next', 'false positives', 'T1611', 'audit level Request or above'])
    expect(out).toContain(part);
  expect(await run('show', 'nothing')).toMatchObject({ code: 78, error: expect.stringContaining('nothing') });
});

test('check says where a mistake is, and what a file replaces', async () => {
  await using place = await temporaryFolder();
  const file = join(place.path, 'rules.yaml');
  await writeFile(file, own('event.verbb == "get"'));
  const bad = await run('check', file);
  expect(bad.code).toBe(78);
  expect(bad.error).toContain('event has no member verbb');
  expect(bad.error).toMatch(/\n +\^/u);
  await writeFile(file, own('human').replace('id: own', 'id: exec-into-pod'));
  expect(await run('check', file)).toMatchObject({
    code: 0,
    out: '1 rules can be used\nin place of built-in ones: exec-into-pod\n',
  });
  expect(await run('check', join(place.path, 'none.yaml'))).toMatchObject({ code: 78 });
});

test('test asks all rules of a log, plain or compressed, one of one’s own among them', async () => {
  await using place = await temporaryFolder();
  const [file, log] = [join(place.path, 'rules.yaml'), join(place.path, 'audit.log')];
  await writeFile(file, own('event.objectRef.namespace == "kube-system"'));
  const scene = crafted.get('exec-into-kube-system')!.hit[0]!;
  const text = `${scene.map(String).join('\n')}\nnot an event\n`;
  await writeFile(log, text);
  await writeFile(`${log}.gz`, gzipSync(text));
  for (const one of [log, `${log}.gz`]) {
    const { code, out } = await run('test', one, '--rules', file);
    expect(code).toBe(0);
    expect(out).toContain('exec-into-pod (medium), exec-into-kube-system (high), own (critical)');
    expect(out).toContain('1 events, 3 of');
  }
  const high = await run('test', log, '--severity', 'high', '--json');
  expect(JSON.parse(high.out)).toMatchObject({
    line: 1,
    user: 'alice',
    rules: [{ id: 'exec-into-kube-system', severity: 'high' }],
  });
  await writeFile(`${log}.gz`, 'no gzip');
  expect(await run('test', `${log}.gz`)).toMatchObject({ code: 78 });
  expect(await run('test', join(place.path, 'none'))).toMatchObject({ code: 78 });
});
