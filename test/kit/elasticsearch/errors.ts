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
export class ElasticsearchStartError extends Error {
  readonly code: ElasticsearchStartCode;

  constructor(code: ElasticsearchStartCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ElasticsearchStartError';
    this.code = code;
  }
}
