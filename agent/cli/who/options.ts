import { InvalidArgumentError } from 'commander';
import { parseResource } from '../../who/index.ts';
import type { Outcome, Query } from '../../who/index.ts';
import type { ConnectionOptions } from '../connection.ts';
import { timeRangeOf } from '../terminal/time.ts';

/** Options of `auditseal who`, as commander gives them. */
export interface WhoCommandOptions extends ConnectionOptions {
  user?: string[];
  pseudonymKeyFile?: string[];
  group?: string[];
  resource?: string[];
  named?: boolean;
  verb?: string[];
  denied?: boolean;
  outcome?: Outcome;
  since?: string;
  until?: string;
  limit: number;
  json?: boolean;
  proof?: string;
  trust?: string;
}

/**
 * The question that the options ask; `users` are the names as they may stand in Elasticsearch. Throws WhoError and VerifyError
 * `usage`.
 */
export function queryOf(options: WhoCommandOptions, users: readonly string[], now: Date): Query {
  const { group, resource, named, verb, denied, outcome } = options;
  return {
    users,
    groups: group ?? [],
    resources: (resource ?? []).map((text) => parseResource(text)),
    verbs: verb ?? [],
    outcomes: denied ? ['denied'] : outcome === undefined ? [] : [outcome],
    named: named === true,
    time: timeRangeOf(options, now),
  };
}

const verbsOf: Readonly<Record<string, readonly string[]>> = {
  read: ['get', 'list', 'watch'],
  write: ['create', 'update', 'patch', 'delete', 'deletecollection'],
};

/** For commander. */
export function add(value: string, before: string[] | undefined): string[] {
  if (value === '') throw new InvalidArgumentError('It must not be empty.');
  return [...(before ?? []), value];
}

/** For commander. */
export function verbs(value: string, before: string[] | undefined): string[] {
  const named = value.split(',');
  if (named.includes('')) throw new InvalidArgumentError('It must be verbs with commas between them.');
  return [...(before ?? []), ...named.flatMap((verb) => verbsOf[verb] ?? [verb])];
}

/** For commander. */
export function rows(value: string): number {
  if (!/^\d{1,6}$/u.test(value)) throw new InvalidArgumentError('It must be a number of rows.');
  return Number(value);
}
