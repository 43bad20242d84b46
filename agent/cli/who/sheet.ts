import type { Table } from '../terminal/table.ts';

/** What an answer lists: for people a table, with what has to be known to read it; for programs an object a row. */
export interface Sheet {
  table: Table;
  note?: string | undefined;
  objects: readonly object[];
}
