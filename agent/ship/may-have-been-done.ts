import { ElasticsearchError } from '../elasticsearch/index.ts';

/**
 * Whether a request may have been carried out although it ended with `error`. True of a connection that broke, an answer that
 * was cut or came too late, a 5xx (a proxy's may hide a success) and our own stop. False of a 4xx, which Elasticsearch gives
 * before it does anything; but a 408 is what proxies say of a server that may still be at work.
 */
export function mayHaveBeenDone(error: unknown): boolean {
  if (!(error instanceof ElasticsearchError)) return true;
  const { status, unsent } = error;
  return !unsent && (status === undefined || status < 400 || status >= 500 || status === 408);
}
