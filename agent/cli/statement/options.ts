import { isOrigin, parseIndexes } from '../../seal/index.ts';
import type { Statement } from '../../seal/index.ts';
import { VerifyError } from '../../verify/index.ts';
import type { ConnectionOptions } from '../connection.ts';
import { parseTime } from '../terminal/time.ts';

/** Options of `auditseal statement retire`, `acknowledge`, `retention` and `erase`. */
export interface MakeOptions extends ConnectionOptions {
  log: string;
  why: string;
  key: string;
  at?: string;
  after?: string;
  first?: number;
  last?: number;
  days?: number;
  indexes?: string;
  print?: boolean;
}

/** The statement that the options make. Throws VerifyError `usage`; `statementText` finds what else is wrong with it. */
export function statementOf(kind: Statement['kind'], options: MakeOptions, now: Date): Statement {
  const { log, why } = options;
  const at = new Date(options.at === undefined ? now : parseTime('--at', options.at, now));
  if (at.getTime() > now.getTime() + 60_000)
    throw new VerifyError('usage', `--at: ${at.toISOString()} is in the future: nobody can know yet`);
  if (why.trim() === '') throw new VerifyError('usage', '--why: it must not be empty: reports show it');
  checkOrigin('--log', log);
  return { ...placeOf(kind, options), at: at.toISOString(), why };
}

type Place<T> = T extends Statement ? Omit<T, 'at' | 'why'> : never;

/** What it is about. An end is signed with its number: wherever else the log ends, somebody has moved it since. */
function placeOf(kind: Statement['kind'], options: MakeOptions): Place<Statement> {
  const { log, last, after, days, indexes } = options;
  if (kind === 'retire') {
    if (last === undefined) throw new VerifyError('usage', `--last: give the last batch of ${log}; ${where}`);
    return { kind, log, last };
  }
  if (kind === 'erase') {
    if (indexes === undefined)
      throw new VerifyError('usage', '--indexes: say which, as 3,7-9; “auditseal verify” prints them');
    return { kind, log, indexes: parseIndexes(indexes) };
  }
  if (kind === 'retention') {
    if (days === undefined) throw new VerifyError('usage', '--days: say after how many days');
    return { kind, log, batches: batchesOf(options), days };
  }
  if (after !== undefined) return { kind, log, ...endBefore(after, options) };
  return { kind, log, batches: batchesOf(options) };
}

function batchesOf({ first, last }: MakeOptions): { first: number; last: number } {
  if (first === undefined || last === undefined)
    throw new VerifyError(
      'usage',
      `--first and --last: give both, or for an unlinked epoch --after and --last: the epoch before and its last batch; ${where}`,
    );
  return { first, last };
}

function endBefore(after: string, { first, last }: MakeOptions): { after: string; last: number } {
  checkOrigin('--after', after);
  if (first !== undefined) throw new VerifyError('usage', '--after: it goes with --last alone');
  if (last === undefined) throw new VerifyError('usage', `--last: give the last batch of ${after}; ${where}`);
  return { after, last };
}

const where = '“auditseal verify” prints each log with its origin and the batch of its newest record';

function checkOrigin(option: string, origin: string): void {
  if (!isOrigin(origin))
    throw new VerifyError(
      'usage',
      `${option}: ${JSON.stringify(origin)} is not <cluster>/<node>/<source>/<epoch>; ${where}`,
    );
}
