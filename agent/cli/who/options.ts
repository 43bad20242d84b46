import { InvalidArgumentError } from 'commander';
import {
  everything,
  parseAddressRange,
  parseCodes,
  parseCredential,
  parseNamePattern,
  parseResource,
  WhoError,
} from '../../who/index.ts';
import type { Member, NamePattern, Outcome, Query } from '../../who/index.ts';
import type { ConnectionOptions } from '../connection.ts';
import { timeRangeOf } from '../terminal/time.ts';

/** Options of `auditseal who`, as commander gives them. */
export interface WhoCommandOptions extends ConnectionOptions {
  user?: string[];
  sa?: string[];
  person?: string[];
  pseudonymKeyFile?: string[];
  group?: string[];
  resource?: string[];
  named?: boolean;
  verb?: string[];
  code?: string[];
  denied?: boolean;
  outcome?: Outcome;
  sourceIp?: string[];
  credential?: string;
  grants?: string | true;
  events?: boolean;
  by?: Member[];
  new?: boolean;
  known?: string;
  since?: string;
  until?: string;
  limit?: number;
  json?: boolean;
  proof?: string;
  trust?: string;
}

/** How an answer is told: in rows of what is alike, one by one, as grants, or as what was not there before. */
export type Mode = 'rows' | 'history' | 'grants' | 'newcomers';

/** Throws WhoError `usage` where two of them are asked for. */
export function modeOf(options: WhoCommandOptions): Mode {
  const asked = (
    [
      ['--grants', 'grants', options.grants !== undefined],
      ['--events', 'history', options.events === true],
      ['--by', 'rows', options.by !== undefined],
      ['--new', 'newcomers', options.new === true],
    ] as const
  ).filter(([, , isAsked]) => isAsked);
  if (asked.length > 1)
    throw new WhoError(
      'usage',
      `${asked.map(([name]) => name).join(' and ')}: each is an answer of its own, give one of them`,
    );
  return asked[0]?.[1] ?? (options.credential === undefined ? 'rows' : 'history');
}

/**
 * The question that the options ask; `formsOf` gives the names under which one may stand in Elasticsearch. Throws WhoError and
 * VerifyError `usage`.
 */
export function queryOf(
  options: WhoCommandOptions,
  formsOf: (name: string) => readonly string[],
  now: Date,
): Query {
  const { group, resource, named, verb, code, denied, outcome, sourceIp, credential } = options;
  const patterns = [...(options.user ?? []), ...(options.sa ?? []).map(userOfServiceAccount)].map(
    parseNamePattern,
  );
  const userPatterns = patterns.flatMap((each) => (each.kind === 'pattern' ? [each.wildcard] : []));
  if (userPatterns.length > 0 && options.pseudonymKeyFile !== undefined)
    throw new WhoError(
      'usage',
      '--pseudonym-key-file: a pattern finds no pseudonyms; give whole names to --user',
    );
  return {
    ...everything,
    users: patterns.flatMap((each) => (each.kind === 'name' ? formsOf(each.name) : [])),
    userPatterns,
    persons: (options.person ?? []).flatMap((text): NamePattern[] => {
      const person = parseNamePattern(text);
      return person.kind === 'name' ? formsOf(person.name).map((name) => ({ kind: 'name', name })) : [person];
    }),
    groups: group ?? [],
    resources: (resource ?? []).map((text) => parseResource(text)),
    verbs: verb ?? [],
    outcomes: denied ? ['denied'] : outcome === undefined ? [] : [outcome],
    codes: (code ?? []).flatMap(parseCodes),
    addresses: (sourceIp ?? []).map(parseAddressRange),
    credential: credential === undefined ? undefined : parseCredential(credential),
    named: named === true,
    time: timeRangeOf(options, now),
  };
}

/** As Kubernetes names it (k8s.io/apiserver pkg/authentication/serviceaccount). */
function userOfServiceAccount(text: string): string {
  const [namespace, name, ...more] = text.split('/');
  if (!namespace || !name || more.length > 0)
    throw new WhoError(
      'usage',
      `--sa: ${JSON.stringify(text)} is not as NAMESPACE/NAME; * stands for any part`,
    );
  return `system:serviceaccount:${namespace}:${name}`;
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

/** What rows can differ in, by the word of the table's heading. */
const columns: Readonly<Record<string, readonly Member[]>> = {
  user: ['user'],
  as: ['effectiveUser'],
  verb: ['verb'],
  resource: ['resource', 'apiGroup', 'path'],
  namespace: ['namespace'],
  name: ['name'],
  container: ['container'],
  command: ['command'],
  result: ['result'],
  code: ['code'],
  from: ['address'],
  agent: ['userAgent'],
};

export const columnNames = Object.keys(columns);

/** For commander. */
export function by(value: string, before: Member[] | undefined): Member[] {
  const named = value.split(',').map((name) => columns[name]);
  if (named.includes(undefined))
    throw new InvalidArgumentError(`It must be of ${columnNames.join(', ')}, with commas between them.`);
  return [...new Set([...(before ?? []), ...named.flatMap((members) => members ?? [])])];
}
