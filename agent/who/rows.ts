import { bytesOf, heldBytesMax } from './held-bytes.ts';
import type { Requests } from './request.ts';
import { addTo, commonOf, members, rowOf, usualMembers } from './row.ts';
import type { Common, Member, Row } from './row.ts';

/** Members that joined rows no longer differ in, the least loss first; the last level leaves one row a result. */
const levels: readonly (readonly Member[])[] = levelsOf([
  [],
  ['name', 'path', 'container', 'command', 'session', 'userAgent'],
  ['namespace'],
  ['resource', 'apiGroup'],
  ['user', 'effectiveUser', 'address'],
  ['verb', 'code'],
]);

/** Each with all that those before it leave out. */
function levelsOf(added: readonly (readonly Member[])[]): Member[][] {
  return added.map((_, level) => added.slice(0, level + 1).flat());
}

/** More rows would make a table of some hundred megabytes. */
const rowsMaxDefault = 100_000;

/**
 * Adds requests up in rows. Their number and the bytes of their names are bounded, and nobody can keep a request out of the answer by making rows: where
 * there are too many, those that differ in their names alone are joined, those groups first that take most of the room, whoever made them, then those that
 * differ in more. No request is left out.
 */
export class Rows {
  requests = 0;
  readonly #max: number;
  readonly #bytesMax: number;
  readonly #by: readonly Member[];
  readonly #rows = new Map<string, Row>();
  #bytes = 0;
  /** Levels in use, the finest first. */
  #levels = [0];

  /** @param by what rows differ in: requests that are alike in these are one row */
  constructor(rowsMax = rowsMaxDefault, bytesMax = heldBytesMax, by: readonly Member[] = usualMembers) {
    this.#max = rowsMax;
    this.#bytesMax = bytesMax;
    this.#by = by;
  }

  add(found: Requests): void {
    this.requests += found.count;
    if (this.#addToRow(found)) return;
    if (this.#rows.size >= this.#max || this.#bytes >= this.#bytesMax) {
      this.#join();
      if (this.#addToRow(found)) return;
    }
    const row = rowOf(found, this.#by);
    this.#put(keyAt(0, row), row);
  }

  /** The rows, the latest first. */
  sorted(): Row[] {
    return [...this.#rows.values()].toSorted(
      (a, b) => compare(b.last, a.last) || compare(b.first, a.first) || b.requests - a.requests,
    );
  }

  #addToRow(found: Requests): boolean {
    const row = commonOf(found, this.#by);
    for (const level of this.#levels) {
      const same = this.#rows.get(keyAt(level, row));
      if (!same) continue;
      const before = bytesOf(same.addresses);
      addTo(same, { ...found, requests: found.count });
      this.#bytes += bytesOf(same.addresses) - before;
      return true;
    }
    return false;
  }

  #put(key: string, row: Row): void {
    this.#rows.set(key, row);
    this.#bytes += heldBy(key, row);
  }

  /** Of what may be held, the larger of two shares: of rows, and of bytes. */
  #share(rows: number, bytes: number): number {
    return Math.max(rows / this.#max, bytes / this.#bytesMax);
  }

  get #isHalfFree(): boolean {
    return this.#share(this.#rows.size, this.#bytes) <= 1 / 2;
  }

  /** Joins rows until half of the room is free. */
  #join(): void {
    for (const [level, joinedOver] of levels.entries()) {
      if (level === 0) continue;
      const groups = Map.groupBy(this.#rows, ([, row]) => keyAt(level, row));
      const shares = [...groups].map(([key, group]) => {
        const bytes = group.reduce((sum, [each, row]) => sum + heldBy(each, row), 0);
        return { key, group, bytes, share: this.#share(group.length, bytes) };
      });
      for (const { key, group, bytes } of shares.toSorted((a, b) => b.share - a.share)) {
        if (this.#isHalfFree) break;
        if (group.length < 2) continue;
        for (const [each] of group) this.#rows.delete(each);
        this.#bytes -= bytes;
        this.#put(
          key,
          joined(
            group.map(([, row]) => row),
            joinedOver,
          ),
        );
        this.#levels = [...new Set([...this.#levels, level])].toSorted((a, b) => a - b);
      }
      if (this.#isHalfFree) return;
    }
  }
}

/** Bytes of strings. */
function heldBy(key: string, row: Row): number {
  return (
    bytesOf([key, ...members.map((member) => row[member]).filter((value) => typeof value === 'string')]) +
    bytesOf(row.addresses)
  );
}

/** The key of a row among those that no longer differ in the members of a level. */
function keyAt(level: number, row: Common): string {
  const over = levels[level]!;
  return `${level} ${JSON.stringify(members.map((member) => (over.includes(member) ? null : row[member])))}`;
}

function joined(rows: readonly Row[], joinedOver: readonly Member[]): Row {
  const [first, ...others] = rows;
  const over = joinedOver.filter((member) => rows.some((row) => row[member] !== undefined));
  const nothing = Object.fromEntries(over.map((member) => [member, null]));
  const row: Row = { ...first!, ...nothing, addresses: [...first!.addresses], joinedOver: over };
  row.joinedRows = rows.reduce((sum, { joinedRows = 1 }) => sum + joinedRows, 0);
  for (const other of others) addTo(row, other);
  return row;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
