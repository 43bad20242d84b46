/** A value of a row; null where the events have none. */
export type Cell = string | number | null;

export interface Column {
  id: string;
  heading: string;
  kind: 'text' | 'number' | 'time';
}

/** How a table came about, so that somebody else can ask the same again. */
export interface Asked {
  /** As it is typed, or the request line of the search. */
  command: string;
  /** Of a search, its first body. */
  body: object | null;
  parameters: Record<string, string>;
  /** RFC 3339. */
  at: string;
  milliseconds: number;
  /** Documents that matched, counted exactly; copies of one event count each. */
  documents: number;
}

/** The answer to one question. */
export interface Table {
  id: string;
  title: string;
  /** What the rows are, in a sentence or two. */
  about: string;
  columns: Column[];
  /** The rows that are listed, of `rowsTotal`. */
  rows: Cell[][];
  rowsTotal: number;
  /** Whether there are more rows than were counted. */
  isAtLeast: boolean;
  /** Over all rows. Requests are counted exactly; events are, too, below 40,000 a row. */
  count: number;
  unit: 'requests' | 'events';
  /** What is not sure. */
  attention: string[];
  asked: Asked;
}
