import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createClient, createDocument } from '../../elasticsearch/index.ts';
import type { ClientSettings, ElasticsearchClient } from '../../elasticsearch/index.ts';
import { verdictStream } from '../../streams/index.ts';
import { verdictDocument } from '../../verify/index.ts';
import type { Verification } from '../../verify/index.ts';
import { agentVersion } from '../version.ts';

/** Of a verification that was told to stop, the verdict must be out before it is killed. */
const writeMilliseconds = 20_000;

export interface VerdictTarget {
  settings: ClientSettings;
  namespace: string;
  /** Of a key that may create documents in the verdicts' stream. */
  apiKeyFile: string;
}

/** Writes a verdict, in its own connection with its own key. */
export class VerdictWriter {
  readonly #client: ElasticsearchClient;
  readonly #namespace: string;

  private constructor(client: ElasticsearchClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /**
   * Reads the key and sends nothing: a verification may take hours, and a path that is wrong must not show at its end.
   * Throws ElasticsearchError `settings` naming the option and the file.
   */
  static async create({ settings, namespace, apiKeyFile }: VerdictTarget): Promise<VerdictWriter> {
    const { username: _username, passwordFile: _passwordFile, ...connection } = settings;
    const names = { apiKeyName: '--verdict-api-key-file' };
    return new VerdictWriter(await createClient({ ...connection, apiKeyFile, ...names }), namespace);
  }

  /** Once, and closes the connection. Throws ElasticsearchError. */
  async write(verification: Omit<Verification, 'id' | 'namespace' | 'host' | 'version'>): Promise<void> {
    const id = randomUUID();
    const namespace = this.#namespace;
    const about = { id, namespace, host: hostname(), version: agentVersion };
    const source = verdictDocument({ ...verification, ...about });
    try {
      // It may have been renewed meanwhile.
      await this.#client.credentials.readAgain().catch(() => undefined);
      const signal = AbortSignal.timeout(writeMilliseconds);
      await createDocument(this.#client, { stream: verdictStream(namespace), id, source, signal });
    } finally {
      // Not waited for: it would wait in turn for an answer that a dead server began.
      this.#client.close().catch(() => undefined);
    }
  }
}
