import { CodedError } from '../../../agent/error.ts';

export type ElasticsearchStartCode =
  | 'no-jdk'
  | 'no-maven'
  | 'fetch-failed'
  | 'start-failed'
  | 'unreachable'
  | 'docker-failed'
  | 'none-available'
  | 'aborted';

/** Why no Elasticsearch for tests or the demo could be had; the message says what to provide. */
export class ElasticsearchStartError extends CodedError<ElasticsearchStartCode> {}
