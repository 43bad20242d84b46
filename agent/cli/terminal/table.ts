import stringWidth from 'string-width';
import { printable } from '../../json/index.ts';
import { count, fit, pad, padLeft } from './text.ts';

export type Cell = string | number;

/** Rows under headings; numbers are set to the right, texts cut to what a column may take. */
export interface Table {
  columns: { heading: string; widthMax?: number }[];
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
