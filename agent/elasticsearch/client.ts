import {
  Client,
  ClusterConnectionPool,
  UndiciConnection,
  WeightedConnectionPool,
} from '@elastic/elasticsearch';
import type { ClientOptions } from '@elastic/elasticsearch';
import { connectorOf } from './connector.ts';
import { Credentials } from './credentials.ts';
import type { CredentialFiles } from './credentials.ts';
import { proxyOf } from './proxy.ts';
import type { ProxySettings } from './proxy.ts';
import { TlsTrust } from './tls-trust.ts';
import type { TlsTrustSettings } from './tls-trust.ts';

/** The `elasticsearch` section of the configuration, as far as a connection needs it. */
export interface ClientSettings extends CredentialFiles, TlsTrustSettings, ProxySettings {
  urls: readonly string[];
  /** Limit of one request, from its start to the last byte of the answer. */
  requestSeconds: number;
}

const keepAliveMilliseconds = 600_000;

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
 * Nothing is sent. Throws ElasticsearchError `settings` naming the file and the configuration's key.
 *
 * Requests go round the URLs. One that fails to answer is left out for a minute, then longer, until it answers a `HEAD /`
 * that the pool sends by itself; with none left, all are tried.
 */
export async function createClient(settings: ClientSettings): Promise<ElasticsearchClient> {
  const { urls, requestSeconds } = settings;
  const credentials = await Credentials.read(settings);
  const connect = connectorOf(await TlsTrust.read(settings), await proxyOf(settings));
  const agent = { keepAliveTimeout: keepAliveMilliseconds, connect };
  const options: ClientOptions = {
    nodes: [...urls],
    Connection: UndiciConnection,
    // The one for several leaves out what is dead; the other would have nothing to choose from.
    ConnectionPool: urls.length > 1 ? ClusterConnectionPool : WeightedConnectionPool,
    agent,
    maxRetries: 0,
    requestTimeout: requestSeconds * 1000,
    enableMetaHeader: false,
  };
  if (credentials.header !== undefined) options.headers = { authorization: credentials.header };
  return new ElasticsearchClient(options, requestSeconds, credentials);
}
