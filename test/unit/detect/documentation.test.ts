import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { builtInRules, parseRules } from '../../../agent/detect/index.ts';
import { documentation, documentFile } from './documentation.ts';

const text = readFileSync(documentFile, 'utf8');

test('the tables of docs/detection.md are current: node test/unit/detect/write.ts writes them', () => {
  expect(text).toBe(documentation(text));
});

test('it says how many rules there are, and no cell is longer than 200 characters', () => {
  expect(text).toContain(`\n${builtInRules().length} rules are built in`);
  const cells = text.split('\n').flatMap((line) => (line.startsWith('|') ? line.split('|') : []));
  for (const cell of cells) expect(cell.length).toBeLessThanOrEqual(200);
});

test('the rule that it shows can be used', () => {
  const yaml = /```yaml\n(.*?)```/su.exec(text)?.[1] ?? '';
  expect(parseRules(yaml, 'rules.yaml')).toHaveLength(1);
});
