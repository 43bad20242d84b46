import { markup, named, time } from './html.ts';
import type { Content, Html } from './html.ts';

/** A column of a table on the page. */
export interface PageColumn {
  heading: string;
  isNumber?: boolean;
}

/**
 * A table with a caption and heads for rows and columns; on a narrow page it scrolls in a region of its own, which the keyboard
 * reaches. The first cell of a row is its head.
 */
export function pageTable(
  caption: string,
  columns: readonly PageColumn[],
  rows: readonly (readonly Content[])[],
): Html {
  return markup`<div class="scroll" role="group" tabindex="0" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ heading }) => markup`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            markup`<tr>
              ${cells.map((cell, at) => {
                if (at === 0) return markup`<th scope="row">${cell}</th>`;
                return columns[at]?.isNumber
                  ? markup`<td class="number">${cell}</td>`
                  : markup`<td>${cell}</td>`;
              })}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Columns of one row that are read together, one below the other. */
const together: readonly (readonly string[])[] = [
  ['user', 'as'],
  ['resource', 'namespace', 'name'],
  ['container', 'command'],
  ['first', 'last'],
];

interface DataTable {
  title: string;
  columns: readonly { id: string; heading: string; kind: 'text' | 'number' | 'time' }[];
  rows: readonly (readonly (string | number | null)[])[];
}

/** A table of the report. */
export function dataTable({ title, columns, rows }: DataTable): Html {
  const groups: number[][] = [];
  for (const [at, { id }] of columns.entries()) {
    const kin = together.find((each) => each.includes(id));
    const group = kin && groups.find(([first]) => kin.includes(columns[first!]!.id));
    if (group) group.push(at);
    else groups.push([at]);
  }
  const heads = groups.map((group) => ({
    heading: group.map((at) => columns[at]!.heading).join(' / '),
    isNumber: columns[group[0]!]!.kind === 'number',
  }));
  const shown = rows.map((row) =>
    groups.map((group) => {
      const cells = group
        .filter((at, place) => place === 0 || row[at] !== null)
        .map((at) => markup`<div>${cellOf(row[at] ?? null, columns[at]!.kind)}</div>`);
      return cells;
    }),
  );
  return pageTable(title, heads, shown);
}

function cellOf(value: string | number | null, kind: 'text' | 'number' | 'time'): Content {
  if (value === null) return markup`<span class="quiet">none</span>`;
  if (kind === 'time') return time(String(value));
  return typeof value === 'number' ? (kind === 'number' ? value : String(value)) : named(value);
}
