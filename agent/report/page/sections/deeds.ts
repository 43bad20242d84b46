import type { Report } from '../../report.ts';
import type { Table } from '../../table.ts';
import { markup } from '../html.ts';
import { dataTable } from '../table.ts';
import type { Section } from './section.ts';

/** One section for each table about what was done. */
export function deedSections({ tables }: Report): Section[] {
  return tables.map((table) => ({
    id: `table-${table.id}`,
    title: table.title,
    body: markup`<p>${table.about}</p>
      <p>${countedOf(table)} <a href="#repeat-${table.id}">How this was asked.</a></p>
      ${table.attention.map((text) => markup`<p class="attention">${text}</p>`)}
      ${table.rows.length === 0 ? undefined : dataTable(table)}`,
  }));
}

function countedOf({ rows, rowsTotal, isAtLeast, count, unit }: Table): string {
  if (rowsTotal === 0) return 'Nothing was found.';
  const [total, sum] = [rowsTotal.toLocaleString('en-US'), count.toLocaleString('en-US')];
  const least = isAtLeast ? 'at least ' : '';
  const shown =
    rows.length < rowsTotal ? ` The ${rows.length.toLocaleString('en-US')} latest rows are listed.` : '';
  return `Found: ${least}${sum} ${unit} in ${least}${total} rows.${shown}`;
}
