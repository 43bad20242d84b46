import { CodedError } from '../error.ts';

/**
 * - `usage`: an option that cannot be used
 * - `no-stream`: there is no stream of events to look into
 * - `partial`: some shard did not answer, so that not every event was seen
 * - `bad-response`: an answer of Elasticsearch that is not what it says
 */
export type WhoErrorCode = 'usage' | 'no-stream' | 'partial' | 'bad-response';

/** Why a question could not be answered. */
export class WhoError extends CodedError<WhoErrorCode> {}
