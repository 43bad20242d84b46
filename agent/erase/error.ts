import { CodedError } from '../error.ts';

/**
 * - `no-stream`: there is no stream of events to look into
 * - `flooded`: more documents under the eraser's name than are read
 * - `not-deleted`: Elasticsearch did not delete what was signed away
 */
export type EraseErrorCode = 'no-stream' | 'flooded' | 'not-deleted';

/** Why a person's events are not erased, or not all. */
export class EraseError extends CodedError<EraseErrorCode> {}
