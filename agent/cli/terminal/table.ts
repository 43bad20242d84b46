import stringWidth from 'string-width';
import { printable } from '../../json/index.ts';
import { count, fit, pad, padLeft, wrapped } from './text.ts';

export type Cell = string | number;

export interface Column {
  heading: string;
  widthMax?: number;
  /** It is of no use in part: an id to copy, a time. */
  isWhole?: boolean;
}

/** Rows under headings; numbers are set to the right, texts cut to what a column may take. */
export interface Table {
  columns: Column[];
  rows: Cell[][];
}

/** The lines of a table; of more than `rowsMax` rows the rest is counted. */
export function tableLines({ columns, rows }: Table, rowsMax: number): string[] {
  const shown = rows
    .slice(0, rowsMax)
    .map((row) =>
      row.map((cell, i) =>
        typeof cell === 'number' ? count(cell) : fit(printable(cell), columns[i]?.widthMax ?? Infinity),
      ),
    );
  const widths = columns.map(({ heading }, i) =>
    // Not spread into Math.max: there may be more rows than a function takes arguments.
    shown.reduce((width, row) => Math.max(width, stringWidth(row[i] ?? '')), stringWidth(heading)),
  );
  const isNumber = (i: number) => typeof rows[0]?.[i] === 'number';
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => (isNumber(i) ? padLeft(cell, widths[i]!) : pad(cell, widths[i]!)))
      .join('  ')
      .trimEnd();
  const lines = [line(columns.map(({ heading }) => heading)), ...shown.map(line)];
  if (rows.length > rowsMax) lines.push(`… and ${count(rows.length - rowsMax)} more`);
  return lines;
}

/** Of a column that may be cut. */
const narrowest = 6;
const between = 2;

/**
 * The lines of a table on a terminal of so many columns: what all rows have in common is said once, above it, and the widest
 * columns are cut until a row fits. One that cannot fit is wider than the terminal.
 */
export function fittedLines(table: Table, width: number): string[] {
  const { common, rest } = withoutCommon(table);
  const widths = rest.columns.map(({ heading, widthMax = Infinity }, i) => {
    const own = rest.rows.reduce(
      (most, row) =>
        Math.max(most, stringWidth(typeof row[i] === 'number' ? count(row[i]) : printable(row[i] ?? ''))),
      stringWidth(heading),
    );
    return Math.min(own, widthMax);
  });
  const total = () => widths.reduce((sum, one) => sum + one + between, -between);
  while (total() > width) {
    const widest = rest.columns.reduce((most, { isWhole, heading }, i) => {
      const canBeCut = isWhole !== true && widths[i]! > Math.max(narrowest, stringWidth(heading));
      return canBeCut && (most < 0 || widths[i]! > widths[most]!) ? i : most;
    }, -1);
    if (widest < 0) break;
    widths[widest]! -= 1;
  }
  const columns = rest.columns.map((column, i) => ({ ...column, widthMax: widths[i]! }));
  return [
    ...common.flatMap((line) => wrapped(line, width)),
    ...tableLines({ columns, rows: rest.rows }, Infinity),
  ];
}

function withoutCommon({ columns, rows }: Table): { common: string[]; rest: Table } {
  const isCommon = columns.map(
    ({ heading }, i) =>
      rows.every((row) => row[i] === rows[0]?.[i]) &&
      (heading === '' ? rows[0]?.[i] === '' : rows.length > 1),
  );
  if (isCommon.every(Boolean)) return { common: [], rest: { columns, rows } };
  const told = columns.flatMap(({ heading }, i) =>
    isCommon[i] && heading !== '' ? [`${heading} ${printable(String(rows[0]![i]))}`] : [],
  );
  return {
    common: told.length === 0 ? [] : [`all: ${told.join(', ')}`],
    rest: {
      columns: columns.filter((_, i) => !isCommon[i]),
      rows: rows.map((row) => row.filter((_, i) => !isCommon[i])),
    },
  };
}
