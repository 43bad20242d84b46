import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtInRules, DetectError, RulesInForce } from '../../../agent/detect/index.ts';
import { InputError } from '../../../agent/input/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

const rule = (id: string) =>
  `  - { id: ${id}, title: t, when: human, severity: low, next: n, false_positives: f, needs: Metadata }\n`;
const idsOf = (rules: RulesInForce) => rules.current.rules.map(({ text }) => text.id);
const builtIn = builtInRules().length;

test('the file is followed; one that cannot be used, or is gone, keeps the rules before and is told once', async () => {
  await using place = await temporaryFolder();
  const rulesFile = join(place.path, 'rules.yaml');
  await writeFile(rulesFile, `rules:\n${rule('first')}`);
  const rules = await RulesInForce.open({ rulesFile, off: ['exec-into-pod'] });
  expect(idsOf(rules)).toContain('first');
  expect(idsOf(rules)).not.toContain('exec-into-pod');
  expect(idsOf(rules)).toHaveLength(builtIn);
  const { digest } = rules.current;
  expect(await rules.refresh()).toBe(false);

  await writeFile(rulesFile, `rules:\n${rule('First')}`);
  await expect(rules.refresh()).rejects.toThrow(DetectError);
  expect(await rules.refresh()).toBe(false);
  expect(rules.current.digest).toBe(digest);

  await rm(rulesFile);
  await expect(rules.refresh()).rejects.toThrow(InputError);
  expect(await rules.refresh()).toBe(false);
  expect(rules.current.digest).toBe(digest);

  await writeFile(rulesFile, `rules:\n${rule('second')}`);
  expect(await rules.refresh()).toBe(true);
  expect(idsOf(rules)).toContain('second');
  expect(idsOf(rules)).not.toContain('first');
  expect(rules.current.digest).not.toBe(digest);
});

test('a rule of one’s own takes the place of a built-in one; what is off must be there', async () => {
  await using place = await temporaryFolder();
  const rulesFile = join(place.path, 'rules.yaml');
  await writeFile(rulesFile, `rules:\n${rule('exec-into-pod')}`);
  const rules = await RulesInForce.open({ rulesFile, off: [] });
  expect(idsOf(rules)).toHaveLength(builtIn);
  expect(rules.current.rules.find(({ text }) => text.id === 'exec-into-pod')?.text.when).toBe('human');
  await expect(RulesInForce.open({ off: ['exec-in-pod'] })).rejects.toThrow('there is no rule exec-in-pod');
});
