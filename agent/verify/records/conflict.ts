import { logName } from '../../seal/index.ts';
import type { EpochAcknowledgement, Retirement, Statement } from '../../seal/index.ts';
import { timeOf } from './link.ts';
import type { LogChain } from './log.ts';
import { toleranceMilliseconds } from '../time.ts';

/**
 * What in the logs speaks against a statement (docs/seal-format.md §8.4); undefined if nothing does. An end that is not
 * where it was signed has been moved since: somebody deleted, or the log went on.
 */
export function conflictOf(statement: Statement, logs: ReadonlyMap<string, LogChain>): string | undefined {
  if (statement.kind === 'erase' || 'batches' in statement) return undefined;
  const log = logs.get(statement.log);
  if (!log?.newest) return `${statement.log} has no valid record`;
  const name = logName(statement.log);
  const epochs = [...logs.values()].filter((each) => each.name === name && each.newest);
  epochs.sort((a, b) => (a.origin < b.origin ? -1 : 1));
  return statement.kind === 'retire'
    ? whyNotRetired(statement, log, epochs.at(-1)!)
    : whyNotAfter(statement, log, epochs[epochs.indexOf(log) - 1]);
}

/** Nobody can have looked into what was sealed later than he signed. `sealedAt` in milliseconds since 1970. */
export function isSealedAfter({ at }: Statement, sealedAt: number): boolean {
  return sealedAt > Date.parse(at) + toleranceMilliseconds;
}

function whyNotRetired(statement: Retirement, log: LogChain, newest: LogChain): string | undefined {
  if (newest !== log) return `it was not the last epoch, ${newest.origin} follows`;
  const end = log.newest!;
  if (isSealedAfter(statement, end.sealedAt)) return `a record was sealed at ${timeOf(end)}, after it`;
  return whyNotEnd(statement, log);
}

function whyNotAfter(
  statement: EpochAcknowledgement,
  log: LogChain,
  before: LogChain | undefined,
): string | undefined {
  const { head } = log.runs[0]!;
  if (isSealedAfter(statement, head.sealedAt))
    return `its first record was sealed at ${timeOf(head)}, after it`;
  if (!before) return `no epoch before it has a valid record, and ${statement.after} was signed`;
  if (before.origin !== statement.after)
    return `the epoch before it is ${before.origin}, and ${statement.after} was signed`;
  return whyNotEnd(statement, before);
}

function whyNotEnd({ last }: { last: number }, log: LogChain): string | undefined {
  const { batch } = log.newest!;
  if (batch === last) return undefined;
  return `the log ends at batch ${batch} now, and ${last} was signed`;
}
