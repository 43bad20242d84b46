import { Client, UndiciConnection } from '@elastic/elasticsearch';
import type { ClientOptions } from '@elastic/elasticsearch';
import { Credentials, readText, type CredentialFiles } from './credentials.ts';

/** The `elasticsearch` section of the configuration, as far as a connection needs it. */
export interface ClientSettings extends CredentialFiles {
  urls: readonly string[];
  caFile?: string | undefined;
  /** Limit of one request, from its start to the last byte of the answer. */
  requestSeconds: number;
}

/** Elastic's client, with the limit that every request of ours has. Use {@link request}, not its own API methods. */
export class ElasticsearchClient extends Client {
  readonly requestSeconds: number;
  readonly credentials: Credentials;

  constructor(options: ClientOptions, requestSeconds: number, credentials: Credentials) {
    super(options);
    this.requestSeconds = requestSeconds;
    this.credentials = credentials;
  }
}

/**
 * A client that never retries by itself (the caller decides, with its own backoff) and reads its secrets from files.
 * Nothing is sent. Throws ShipError `settings` naming the file and the configuration's key.
 */
export async function createClient(settings: ClientSettings): Promise<ElasticsearchClient> {
  const { urls, caFile, requestSeconds } = settings;
  const credentials = await Credentials.read(settings);
  const options: ClientOptions = {
    nodes: [...urls],
    Connection: UndiciConnection,
    maxRetries: 0,
    requestTimeout: requestSeconds * 1000,
    enableMetaHeader: false,
  };
  if (credentials.header !== undefined) options.headers = { authorization: credentials.header };
  if (caFile !== undefined) options.tls = { ca: await readText(caFile, 'elasticsearch.caFile') };
  return new ElasticsearchClient(options, requestSeconds, credentials);
}
