import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { groups } from '../../../build/architecture.ts';
import { root } from '../../../build/root.ts';

const text = await readFile(join(root, 'docs/architecture.md'), 'utf8');

/** Cells of the rows whose first cell is a number: the line of a group, or of an invariant. */
const numberedRows = text
  .split('\n')
  .filter((line) => /^\| \d+ \|/u.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('the rooms stand in the lines that npm run check holds', () => {
  const lines = numberedRows.slice(0, groups.length).map(([, , rooms = '']) => codeIn(rooms));
  expect(lines).toEqual(groups);
});

test('every path that it names is there', () => {
  const paths = codeIn(text).filter((code) =>
    /^(?:agent|build|charts|demo|docs|manifests|test)\/[\w./-]*$/u.test(code),
  );
  // The example of how a test is found.
  const examples = new Set(['agent/X/y.ts', 'test/unit/X/y.test.ts']);
  const absent = paths.filter((path) => !examples.has(path) && !existsSync(join(root, path)));
  expect(paths.length).toBeGreaterThan(50);
  expect(absent).toEqual([]);
});

function codeIn(markdown: string): string[] {
  return [...markdown.matchAll(/`([^`\n]+)`/gu)].map(([, code = '']) => code);
}
