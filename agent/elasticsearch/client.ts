import {
  ClusterConnectionPool,
  Diagnostic,
  Serializer,
  Transport,
  UndiciConnection,
  WeightedConnectionPool,
} from '@elastic/elasticsearch';
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

/**
 * Elastic's transport with its connections, and the limit that every request of ours has; send by {@link request}. Not the whole
 * `Client`: its methods, one for each of 600 APIs, would take 40 MB of an idle agent, and ask for a media type that 8.x refuses.
 */
export interface ElasticsearchClient {
  readonly transport: Transport;
  readonly connectionPool: WeightedConnectionPool | ClusterConnectionPool;
  readonly requestSeconds: number;
  readonly credentials: Credentials;
  /** Ends all connections. */
  close(): Promise<void>;
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
  const diagnostic = new Diagnostic();
  // The one for several leaves out what is dead; the other would have nothing to choose from.
  const Pool = urls.length > 1 ? ClusterConnectionPool : WeightedConnectionPool;
  const connectionPool = new Pool({ Connection: UndiciConnection, diagnostic });
  const agent = { keepAliveTimeout: keepAliveMilliseconds, connect };
  const timeout = requestSeconds * 1000;
  connectionPool.addConnection(urls.map((url) => ({ url: new URL(url), agent, timeout })));
  const transport = new Transport({
    connectionPool,
    diagnostic,
    serializer: new Serializer(),
    maxRetries: 0,
    requestTimeout: timeout,
    // Whoever answers without the header X-Elastic-Product is refused.
    productCheck: 'Elasticsearch',
    enableMetaHeader: false,
  });
  const close = async () => await connectionPool.empty();
  return { transport, connectionPool, requestSeconds, credentials, close };
}
