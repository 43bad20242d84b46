import { CodedError } from '../error.ts';

/**
 * - `no-security`: the cluster has none, so that no key can be made
 * - `not-allowed`: the administrator's credentials lack privileges
 * - `key-exists`: a key of this name is valid, and its secret is not at hand
 * - `key-file`: the file for the key cannot be used
 * - `key-unfit`: the key may do what it must not, or cannot do what it must
 * - `retention`: events would be deleted before the time that sealed batches promise
 * - `policy`: an ILM policy would delete too early
 * - `bad-response`: an answer that is not what Elasticsearch says
 */
export type SetupErrorCode =
  | 'no-security'
  | 'not-allowed'
  | 'key-exists'
  | 'key-file'
  | 'key-unfit'
  | 'retention'
  | 'policy'
  | 'bad-response';

/** Why `auditseal setup` stopped, and what to do. */
export class SetupError extends CodedError<SetupErrorCode> {}
