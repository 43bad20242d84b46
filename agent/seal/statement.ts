import { parseJson } from '../json/index.ts';
import { SealError } from './error.ts';
import { sha256 } from './hash.ts';
import { logIdOf } from './ids.ts';
import { jsonString } from './json.ts';
import { isOrigin, logName } from './origin.ts';

/** What an operator signs (docs/seal-format.md §6). */
export type Statement = Retirement | Acknowledgement | EpochAcknowledgement;

/** The log ends here, on purpose. */
export interface Retirement {
  kind: 'retire';
  /** Origin of the epoch that ends. */
  log: string;
  /** Number of its last batch: a log that ends elsewhere is not the one that was retired. */
  last: number;
  /** RFC 3339, UTC, milliseconds. */
  at: string;
  why: string;
}

/** What these batches own up to is known and was looked into. */
export interface Acknowledgement {
  kind: 'acknowledge';
  /** An origin. */
  log: string;
  /** Batch numbers, both included. */
  batches: { first: number; last: number };
  at: string;
  why: string;
}

/** Nothing links this epoch to the one before, and it is known where that one ended. */
export interface EpochAcknowledgement {
  kind: 'acknowledge';
  /** An origin. */
  log: string;
  /** Origin of the epoch before, and the number of its last batch. */
  after: string;
  last: number;
  at: string;
  why: string;
}

/** Of an operator's key; besides, it is not of the form of an origin. */
export const operatorNamePattern = /^[\w.@:/-]+$/u;

const title = 'auditseal statement v1\n';

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

function statementOf({ kind, log, after, first, last, at, why }: Record<string, unknown>): Statement {
  if (kind !== 'retire' && kind !== 'acknowledge') throw bad(`its kind is ${shown(kind)}`);
  if (!isInstant(at)) throw bad(`its at is ${shown(at)}, not a time as 2026-11-23T00:44:38.000Z`);
  if (typeof why !== 'string' || why === '') throw bad('it does not say why');
  if (!isOrigin(log)) throw bad(`its log is ${shown(log)}, not <cluster>/<node>/<source>/<epoch>`);
  if (!isBatch(last)) throw bad(`its last is ${shown(last)}, not a batch number`);
  if (kind === 'retire') return { kind, log, last, at, why };
  if (after !== undefined) {
    if (!isOrigin(after) || logName(after) !== logName(log) || after >= log)
      throw bad(`its after is ${shown(after)}, not an earlier epoch of ${logName(log)}`);
    return { kind, log, after, last, at, why };
  }
  if (!isBatch(first) || last < first)
    throw bad(`from ${shown(first)} to ${last} are not batch numbers, the first not above the last`);
  return { kind, log, batches: { first, last }, at, why };
}

function written(statement: Statement): string {
  const { kind, log, at, why } = statement;
  const head = `${title}{"kind":"${kind}","log":${jsonString(log)},`;
  return `${head}${placeOf(statement)}"at":${jsonString(at)},"why":${jsonString(why)}}\n`;
}

function placeOf(statement: Statement): string {
  if ('batches' in statement) return `"first":${statement.batches.first},"last":${statement.batches.last},`;
  const after = 'after' in statement ? `"after":${jsonString(statement.after)},` : '';
  return `${after}"last":${statement.last},`;
}

/** `_id` of a statement's document. `vkey` is the operator's, `text` that of the note. */
export function statementDocumentId(vkey: string, text: string): string {
  return `${logIdOf(vkey)}-o${sha256(text).toString('hex', 0, 8)}`;
}

function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u.test(value)) return false;
  const at = new Date(value);
  return !Number.isNaN(at.getTime()) && at.toISOString() === value;
}

function isBatch(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 200);
}

function bad(why: string, options?: ErrorOptions): SealError {
  return new SealError('bad-statement', `this is no statement: ${why}`, options);
}
