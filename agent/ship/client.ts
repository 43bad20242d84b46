import { readFile } from 'node:fs/promises';
import { Client, UndiciConnection } from '@elastic/elasticsearch';
import type { ClientOptions } from '@elastic/elasticsearch';
import { ShipError } from './error.ts';

/** The `elasticsearch` section of the configuration, as far as a connection needs it. */
export interface ClientSettings {
  urls: readonly string[];
  apiKeyFile?: string | undefined;
  username?: string | undefined;
  passwordFile?: string | undefined;
  caFile?: string | undefined;
  /** Limit of one request, from its start to the last byte of the answer. */
  requestSeconds: number;
}

/** Elastic's client, with the limit that every request of ours has. Use {@link request}, not its own API methods. */
export class ElasticsearchClient extends Client {
  readonly requestSeconds: number;

  constructor(options: ClientOptions, requestSeconds: number) {
    super(options);
    this.requestSeconds = requestSeconds;
  }
}

/**
 * A client that never retries by itself (the caller decides, with its own backoff) and reads its secrets from files.
 * Nothing is sent. Throws ShipError `settings` naming the file and the configuration's key.
 */
export async function createClient(settings: ClientSettings): Promise<ElasticsearchClient> {
  const { urls, apiKeyFile, username, passwordFile, caFile, requestSeconds } = settings;
  const options: ClientOptions = {
    nodes: [...urls],
    Connection: UndiciConnection,
    maxRetries: 0,
    requestTimeout: requestSeconds * 1000,
    enableMetaHeader: false,
  };
  if (apiKeyFile !== undefined)
    options.auth = { apiKey: await readSecret(apiKeyFile, 'elasticsearch.apiKeyFile') };
  else if (username !== undefined && passwordFile !== undefined)
    options.auth = { username, password: await readSecret(passwordFile, 'elasticsearch.passwordFile') };
  if (caFile !== undefined) options.tls = { ca: await readText(caFile, 'elasticsearch.caFile') };
  return new ElasticsearchClient(options, requestSeconds);
}

async function readSecret(file: string, key: string): Promise<string> {
  // Editors and `kubectl create secret` leave a newline, which is never part of a key.
  const secret = (await readText(file, key)).trim();
  if (secret === '') throw new ShipError('settings', `${key}: ${file} is empty`);
  return secret;
}

async function readText(file: string, key: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ShipError('settings', `${key}: ${file} cannot be read: ${why}`, { cause });
  });
}
