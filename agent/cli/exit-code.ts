import { CodedError } from '../error.ts';

/** What a command ends with. One code has one meaning, whatever the command. */
export const exitCode = {
  done: 0,
  /** Of `verify`, `show` and `check` alone: somebody changed, removed or added something. Nothing else may end so, not even a crash. */
  tampered: 1,
  /** It could not be done: refused, not reached, stopped, or a fault of ours. */
  failed: 2,
  /** It was done, and not all is as it should be, or as sure. */
  unsure: 3,
  /** Of `verify` alone, and only in place of 0: the verdict could not be written. */
  unwritten: 4,
  /** Options, configuration, or a file that either names (sysexits.h EX_CONFIG): calling it again will not help. */
  usage: 78,
} as const;

export interface ExitCodes {
  /** Default 78. */
  usage?: number;
  /** Default 2. */
  failed?: number;
}

/** Codes of the rooms' errors that say that what we were given cannot be used. */
const usageCodes: ReadonlySet<string> = new Set([
  'config',
  'settings',
  'usage',
  'trust-file',
  'operator-key',
  'pseudonym-key',
]);

/** What a command ends with that could not be done for this reason. */
export function exitCodeOf(error: unknown, codes: ExitCodes = {}): number {
  const { usage = exitCode.usage, failed = exitCode.failed } = codes;
  return error instanceof CodedError && usageCodes.has(error.code) ? usage : failed;
}
