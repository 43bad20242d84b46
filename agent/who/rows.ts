import type { Requests } from './request.ts';
import { addTo, members, rowOf } from './row.ts';
import type { Member, Row } from './row.ts';

/** Members that joined rows no longer differ in, the least loss first; the last level leaves one row a result. */
const levels: readonly (readonly Member[])[] = [
  [],
  ['name', 'path'],
  ['name', 'path', 'namespace'],
  ['name', 'path', 'namespace', 'resource', 'apiGroup'],
  ['name', 'path', 'namespace', 'resource', 'apiGroup', 'user', 'effectiveUser'],
  ['name', 'path', 'namespace', 'resource', 'apiGroup', 'user', 'effectiveUser', 'verb', 'code'],
];

/** More rows would make a table of some hundred megabytes. */
const rowsMaxDefault = 100_000;

/**
 * Adds requests up in rows. The number of rows is bounded, and nobody can keep a request out of the answer by making rows: where
 * there are too many, those that differ in their names alone are joined, the largest groups first, whoever made them, then those that
 * differ in more. No request is left out.
 */
export class Rows {
  requests = 0;
  readonly #max: number;
  readonly #rows = new Map<string, Row>();
  /** Levels in use, the finest first. */
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

  /** The rows, the latest first. */
  sorted(): Row[] {
    return [...this.#rows.values()].toSorted(
      (a, b) => compare(b.last, a.last) || compare(b.first, a.first) || b.requests - a.requests,
    );
  }

  #addToRow(found: Requests): boolean {
    const row = { ...found.event, result: found.result, code: found.code };
    for (const level of this.#levels) {
      const same = this.#rows.get(keyAt(level, row));
      if (!same) continue;
      addTo(same, { ...found, requests: found.count });
      return true;
    }
    return false;
  }

  /** Joins rows until half of the places are free. */
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

/** The key of a row among those that no longer differ in the members of a level. */
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
