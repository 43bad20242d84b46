import { expect, test } from 'vitest';
import { tableLines } from '../../../../agent/cli/terminal/table.ts';

test('columns line up under their headings, numbers to the right, wide characters as wide as a terminal shows them', () => {
  const table = {
    columns: [{ heading: 'USER' }, { heading: 'N' }],
    rows: [
      ['Zoë 管理者', 1234],
      ['bob', 5],
    ],
  };
  expect(tableLines(table, 10)).toEqual(['USER            N', 'Zoë 管理者  1,234', 'bob             5']);
});

test('what does not fit is cut or counted', () => {
  const table = { columns: [{ heading: 'A', widthMax: 4 }], rows: [['abcdef'], ['管理者'], ['x'], ['y']] };
  expect(tableLines(table, 2)).toEqual(['A', 'abc…', '管…', '… and 2 more']);
});

test('a table of more rows than a function takes arguments is as wide as its widest', () => {
  const rows = Array.from({ length: 150_000 }, (_, i) => [i === 149_999 ? 'wide' : 'x', 'y']);
  const lines = tableLines({ columns: [{ heading: 'A' }, { heading: 'B' }], rows }, Infinity);
  expect(lines.at(-1)).toBe('wide  y');
  expect(lines[0]).toBe('A     B');
});
