import { parseJson } from '../json/index.ts';
import { SealError } from './error.ts';
import { sha256 } from './hash.ts';
import { logIdOf } from './ids.ts';
import { jsonString } from './json.ts';
import { isOrigin, logName } from './origin.ts';

/** What an operator signs (docs/seal-format.md §6). */
export type Statement = Retirement | Acknowledgement | EpochAcknowledgement | ShorterRetention | Erasure;

interface Said {
  /** An origin. */
  log: string;
  /** RFC 3339, UTC, milliseconds. */
  at: string;
  why: string;
}

/** The log, an epoch, ends here, on purpose. */
export interface Retirement extends Said {
  kind: 'retire';
  /** Number of its last batch: a log that ends elsewhere is not the one that was retired. */
  last: number;
}

/** What these batches own up to is known and was looked into. */
export interface Acknowledgement extends Said {
  kind: 'acknowledge';
  /** Batch numbers, both included. */
  batches: { first: number; last: number };
}

/** Nothing links this epoch to the one before, and it is known where that one ended. */
export interface EpochAcknowledgement extends Said {
  kind: 'acknowledge';
  /** Origin of the epoch before, and the number of its last batch. */
  after: string;
  last: number;
}

/** The events of these batches may be gone after so many days, fewer than the batches themselves say. */
export interface ShorterRetention extends Said {
  kind: 'retention';
  batches: { first: number; last: number };
  days: number;
}

/** The events of these leaf indexes were taken away, on purpose. */
export interface Erasure extends Said {
  kind: 'erase';
  /** Both ends included, ascending, none touching the next. */
  indexes: { first: number; last: number }[];
}

/** Of an operator's key; besides, it is not of the form of an origin. */
export const operatorNamePattern = /^[\w.@:/-]+$/u;

const title = 'auditseal statement v1\n';
const kinds = ['retire', 'acknowledge', 'retention', 'erase'] as const;

/** The text of the note that an operator signs. Throws SealError `bad-statement`. */
export function statementText(statement: Statement): string {
  const text = written(statement);
  parseStatement(text);
  return text;
}

/**
 * The statement that a note's text makes. Throws SealError `bad-statement` naming what is wrong with it; one of a later
 * version is wrong, too: it might say less than the members that are known here.
 */
export function parseStatement(text: string): Statement {
  if (!text.startsWith(title)) throw bad('it does not begin “auditseal statement v1”');
  const value = parseJson(Buffer.from(text.slice(title.length)));
  if (typeof value !== 'object' || value === null) throw bad('its second line is not a JSON object');
  const statement = statementOf(value as Record<string, unknown>);
  if (written(statement) !== text) throw bad('it is not written as its members give it');
  return statement;
}

/** Leaf indexes as an erasure writes them, `3,7-9`. Throws SealError `bad-statement`. */
export function parseIndexes(text: string): Erasure['indexes'] {
  let end = -2;
  return text.split(',').map((part) => {
    const [, digits, lastDigits] = /^(0|[1-9]\d*)(?:-([1-9]\d*))?$/u.exec(part) ?? [];
    const first = Number(digits);
    const last = lastDigits === undefined ? first : Number(lastDigits);
    const isInterval = lastDigits === undefined || last > first;
    if (!isWhole(first) || !isWhole(last) || !isInterval || first < end + 2)
      throw bad(`its indexes are ${shown(text)}, not as 3,7-9: ascending, each with a gap before the next`);
    end = last;
    return { first, last };
  });
}

function statementOf({ kind, log, at, why, ...members }: Record<string, unknown>): Statement {
  if (!isKind(kind)) throw bad(`its kind is ${shown(kind)}`);
  if (!isInstant(at)) throw bad(`its at is ${shown(at)}, not a time as 2026-11-23T00:44:38.000Z`);
  if (typeof why !== 'string' || why === '') throw bad('it does not say why');
  if (!isOrigin(log)) throw bad(`its log is ${shown(log)}, not <cluster>/<node>/<source>/<epoch>`);
  const { after, first, last, days, indexes } = members;
  const said = { log, at, why };
  if (kind === 'erase') {
    if (typeof indexes !== 'string') throw bad(`its indexes are ${shown(indexes)}`);
    return { kind, ...said, indexes: parseIndexes(indexes) };
  }
  if (!isWhole(last)) throw bad(`its last is ${shown(last)}, not a batch number`);
  if (kind === 'retire') return { kind, ...said, last };
  if (kind === 'acknowledge' && after !== undefined) {
    if (!isOrigin(after) || logName(after) !== logName(log) || after >= log)
      throw bad(`its after is ${shown(after)}, not an earlier epoch of ${logName(log)}`);
    return { kind, ...said, after, last };
  }
  if (!isWhole(first) || last < first)
    throw bad(`from ${shown(first)} to ${last} are not batch numbers, the first not above the last`);
  const batches = { first, last };
  if (kind === 'acknowledge') return { kind, ...said, batches };
  if (!isWhole(days) || days < 1) throw bad(`its days are ${shown(days)}, not a whole number of at least 1`);
  return { kind, ...said, batches, days };
}

function written(statement: Statement): string {
  const { kind, log, at, why } = statement;
  const head = `${title}{"kind":"${kind}","log":${jsonString(log)},`;
  return `${head}${placeOf(statement)}"at":${jsonString(at)},"why":${jsonString(why)}}\n`;
}

function placeOf(statement: Statement): string {
  if (statement.kind === 'erase') return `"indexes":"${indexesText(statement.indexes)}",`;
  if ('batches' in statement) {
    const { first, last } = statement.batches;
    const days = statement.kind === 'retention' ? `"days":${statement.days},` : '';
    return `"first":${first},"last":${last},${days}`;
  }
  const after = 'after' in statement ? `"after":${jsonString(statement.after)},` : '';
  return `${after}"last":${statement.last},`;
}

export function indexesText(indexes: Erasure['indexes']): string {
  return indexes.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

/** `_id` of a statement's document. `vkey` is the operator's, `text` that of the note. */
export function statementDocumentId(vkey: string, text: string): string {
  return `${logIdOf(vkey)}-o${sha256(text).toString('hex', 0, 8)}`;
}

function isKind(value: unknown): value is Statement['kind'] {
  return (kinds as readonly unknown[]).includes(value);
}

function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u.test(value)) return false;
  const at = new Date(value);
  return !Number.isNaN(at.getTime()) && at.toISOString() === value;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 200);
}

function bad(why: string, options?: ErrorOptions): SealError {
  return new SealError('bad-statement', `this is no statement: ${why}`, options);
}
