import { CodedError } from '../error.ts';

/**
 * - `settings`: a secret or certificate file cannot be used
 * - `unreachable`: no connection, or it broke before the whole answer was here. A request that is too large may look like
 *   this too: servers close the socket while it is still being sent
 * - `untrusted`: no TLS connection to whom the configuration trusts; nothing was sent
 * - `timeout`: no whole answer within `requestSeconds`; what was sent may have been done
 * - `aborted`: the caller's signal
 * - `too-large`: 413
 * - `unauthorized`: 401 or 403
 * - `rejected`: 429, 502, 503 or 504: later it may work
 * - `refused`: another 4xx or 5xx: the same request will not work later
 * - `dropped`: success was reported, and a pipeline took the document away: it is stored nowhere
 * - `bad-response`: an answer that is not what Elasticsearch says; what was sent may have been done
 * - `partial`: some shard did not answer, so that not every document was seen
 */
export type ElasticsearchErrorCode =
  | 'settings'
  | 'unreachable'
  | 'untrusted'
  | 'timeout'
  | 'aborted'
  | 'too-large'
  | 'unauthorized'
  | 'rejected'
  | 'refused'
  | 'dropped'
  | 'bad-response'
  | 'partial';

export interface ElasticsearchErrorOptions extends ErrorOptions {
  status?: number | undefined;
  retryAfterSeconds?: number | undefined;
  unsent?: boolean | undefined;
}

/** What a failure is counted under (`auditseal_retries_total`): the code of an error of ours. */
export function causeOf(error: Error): string {
  return error instanceof CodedError ? String(error.code) : 'error';
}

/** Why something did not get to Elasticsearch or back. */
export class ElasticsearchError extends CodedError<ElasticsearchErrorCode> {
  /** HTTP status, where there was one. */
  readonly status: number | undefined;
  /** From a Retry-After header. */
  readonly retryAfterSeconds: number | undefined;
  /** There was no connection, so nothing of the request can have been done. */
  readonly unsent: boolean;

  constructor(code: ElasticsearchErrorCode, message: string, options: ElasticsearchErrorOptions = {}) {
    super(code, message, options);
    this.status = options.status;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.unsent = options.unsent ?? false;
  }
}
