import type { Bucket } from '../search.ts';
import type { Cell, Table } from '../../agent/cli/terminal/table.ts';

/** Something that a person wants to know of an audit log. */
export interface Question<Key extends string = string> {
  title: string;
  /** As one would type it into Kibana; it is what Elasticsearch is asked. */
  query: string;
  /** Fields by whose values the matching requests are counted. */
  by: Record<Key, string>;
  table(buckets: Bucket<Key>[]): Table;
}

export const user = 'user.name';
/** `unknown` while there is none yet: a request's first stage, which its others repeat, or all that is left of it. */
export const outcome = 'event.outcome';

/** A failed login has no user. */
export function userName(value: string | number | null): string {
  return value === null ? '(nobody: not authenticated)' : String(value);
}

/** Rows of what has `keyOf` in common, those with most requests first. */
export function grouped<Key extends string>(
  buckets: readonly Bucket<Key>[],
  keyOf: (key: Bucket<Key>['key']) => string,
): Bucket<Key>[][] {
  const groups = Map.groupBy(buckets, ({ key }) => keyOf(key));
  return [...groups.values()].toSorted((a, b) => total(b) - total(a));
}

/** What was done before what was only tried: by the number in a column, the greatest first. */
export function greatestFirst(rows: Cell[][], column: number): Cell[][] {
  return rows.toSorted((a, b) => Number(b[column]) - Number(a[column]));
}

export function total(buckets: readonly { requests: number }[]): number {
  return buckets.reduce((sum, { requests }) => sum + requests, 0);
}

/** The names themselves as far as there is room, then how many more there are. */
export function nameList(names: Iterable<string>, shown: number): string {
  const all = [...new Set(names)].toSorted();
  const more = all.length - shown;
  return more > 1 ? `${all.slice(0, shown).join(', ')} and ${more} more` : all.join(', ');
}
