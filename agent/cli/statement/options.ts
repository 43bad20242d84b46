import { isOrigin } from '../../seal/index.ts';
import type { Statement } from '../../seal/index.ts';
import { VerifyError } from '../../verify/index.ts';
import type { ConnectionOptions } from '../connection.ts';
import { parseTime } from '../terminal/time.ts';

/** Options of `auditseal statement retire` and `acknowledge`. */
export interface MakeOptions extends ConnectionOptions {
  log: string;
  why: string;
  key: string;
  at?: string;
  after?: string;
  first?: number;
  last?: number;
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

/** What the statement is about. An end is signed with its batch number: if the log ends elsewhere later, somebody has cut it. */
function placeOf(kind: Statement['kind'], { log, after, first, last }: MakeOptions): Place<Statement> {
  if (kind === 'retire') {
    if (last === undefined) throw new VerifyError('usage', `--last: give the last batch of ${log}; ${where}`);
    return { kind, log, last };
  }
  if (after !== undefined) {
    checkOrigin('--after', after);
    if (first !== undefined) throw new VerifyError('usage', '--after: it goes with --last alone');
    if (last === undefined)
      throw new VerifyError('usage', `--last: give the last batch of ${after}; ${where}`);
    return { kind, log, after, last };
  }
  if (first === undefined || last === undefined)
    throw new VerifyError(
      'usage',
      `--first and --last: give both, or for an unlinked epoch --after and --last: the epoch before and its last batch; ${where}`,
    );
  return { kind, log, batches: { first, last } };
}

const where = '“auditseal verify” prints each log with its origin and the batch of its newest record';

function checkOrigin(option: string, origin: string): void {
  if (!isOrigin(origin))
    throw new VerifyError(
      'usage',
      `${option}: ${JSON.stringify(origin)} is not <cluster>/<node>/<source>/<epoch>; ${where}`,
    );
}
