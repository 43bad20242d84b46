import type { Requests } from './request.ts';
import { addTo, members, rowOf } from './row.ts';
import type { Member, Row } from './row.ts';

/** What rows are told apart by no longer, the least that is lost first; after the last of these there are as many as results. */
const levels: readonly (readonly Member[])[] = [
  [],
  ['name', 'path'],
  ['name', 'path', 'namespace'],
  ['name', 'path', 'namespace', 'resource', 'apiGroup'],
  ['name', 'path', 'namespace', 'resource', 'apiGroup', 'user', 'effectiveUser'],
  ['name', 'path', 'namespace', 'resource', 'apiGroup', 'user', 'effectiveUser', 'verb', 'code'],
];

/** Of more rows a table of some hundred megabytes would be made. */
const rowsMaxDefault = 100_000;

/**
 * Adds requests up. Memory is bounded, by nothing that a client or a forger could use against an answer: where there are too many
 * rows, those are joined that differ in their names alone, whosever they are, of the largest groups first, then of more. No request is
 * left out.
 */
export class Rows {
  requests = 0;
  readonly #max: number;
  readonly #rows = new Map<string, Row>();
  /** Those in use, the finest first. */
  #levels = [0];

  constructor(rowsMax = rowsMaxDefault) {
    this.#max = rowsMax;
  }

  add(found: Requests): void {
    this.requests += found.count;
    if (this.#addToRow(found)) return;
    if (this.#rows.size >= this.#max) {
      this.#join();
      if (this.#addToRow(found)) return;
    }
    const row = rowOf(found);
    this.#rows.set(keyAt(0, row), row);
  }

  /** What happened last comes first. */
  sorted(): Row[] {
    return [...this.#rows.values()].toSorted(
      (a, b) => compare(b.last, a.last) || compare(b.first, a.first) || b.requests - a.requests,
    );
  }

  #addToRow(found: Requests): boolean {
    const told = { ...found.event, result: found.result, code: found.code };
    for (const level of this.#levels) {
      const row = this.#rows.get(keyAt(level, told));
      if (!row) continue;
      addTo(row, { ...found, requests: found.count });
      return true;
    }
    return false;
  }

  /** Until there is room for as many rows again. */
  #join(): void {
    for (const [level, joinedOver] of levels.entries()) {
      if (level === 0) continue;
      const groups = Map.groupBy(this.#rows, ([, row]) => keyAt(level, row));
      const largestFirst = [...groups].toSorted(([, a], [, b]) => b.length - a.length);
      for (const [key, group] of largestFirst) {
        if (group.length < 2 || this.#rows.size <= this.#max / 2) break;
        for (const [each] of group) this.#rows.delete(each);
        this.#rows.set(
          key,
          joined(
            group.map(([, row]) => row),
            joinedOver,
          ),
        );
        this.#levels = [...new Set([...this.#levels, level])].toSorted((a, b) => a - b);
      }
      if (this.#rows.size <= this.#max / 2) return;
    }
  }
}

/** What a row is known by where it is no longer told apart by the members of that level. */
function keyAt(level: number, row: Pick<Row, Member>): string {
  const over = levels[level]!;
  return `${level} ${JSON.stringify(members.map((member) => (over.includes(member) ? null : row[member])))}`;
}

function joined(rows: readonly Row[], joinedOver: readonly Member[]): Row {
  const [first, ...others] = rows;
  const nothing = Object.fromEntries(joinedOver.map((member) => [member, null]));
  const row: Row = { ...first!, ...nothing, addresses: [...first!.addresses], joinedOver };
  row.joinedRows = rows.reduce((sum, { joinedRows = 1 }) => sum + joinedRows, 0);
  for (const other of others) addTo(row, other);
  return row;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
