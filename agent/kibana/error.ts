import { CodedError } from '../error.ts';

/**
 * - `unreachable`: no connection, no whole answer in time, or not ready yet
 * - `unauthorized`: the credentials are not taken (401)
 * - `not-allowed`: they are, but may not do this (403)
 * - `unfit`: a Kibana that takes nothing of ours, or has no such space
 * - `refused`: what was sent was not taken
 * - `bad-response`: an answer that is not what Kibana says
 */
export type KibanaErrorCode =
  'unreachable' | 'unauthorized' | 'not-allowed' | 'unfit' | 'refused' | 'bad-response';

/** Why the dashboards could not be installed, and what to do. */
export class KibanaError extends CodedError<KibanaErrorCode> {}
