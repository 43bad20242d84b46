import { describeResults } from '../check-result.ts';
import type { CheckResult } from '../check-result.ts';
import { CodedError } from '../error.ts';

/**
 * - `foreign-stream`: a data stream that must not be written to
 * - `templates`: the data streams would be made with settings under which nothing can be verified
 */
export type StreamsErrorCode = 'foreign-stream' | 'templates';

/** Why nothing may be written to our data streams, and what to do. */
export class StreamsError extends CodedError<StreamsErrorCode> {}

/** Throws StreamsError with all problems among the results; without one, does nothing. */
export function throwProblems(code: StreamsErrorCode, results: readonly CheckResult[]): void {
  const problems = results.filter(({ state }) => state === 'problem');
  if (problems.length > 0) throw new StreamsError(code, describeResults(problems));
}
