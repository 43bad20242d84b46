import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createClient, createDocument } from '../../elasticsearch/index.ts';
import type { ClientSettings, ElasticsearchClient } from '../../elasticsearch/index.ts';
import { verdictStream } from '../../streams/index.ts';
import { verdictDocument } from '../../verify/index.ts';
import type { Verification } from '../../verify/index.ts';
import { agentVersion } from '../version.ts';

/** After SIGTERM the verdict must be written before the SIGKILL that follows (Kubernetes: 30 s). */
const writeMilliseconds = 20_000;

export interface VerdictTarget {
  settings: ClientSettings;
  namespace: string;
  /** File with a key that may create documents in the verdicts' stream. */
  apiKeyFile: string;
}

/** Writes a verdict, over a connection of its own with a key of its own. */
export class VerdictWriter {
  readonly #client: ElasticsearchClient;
  readonly #namespace: string;

  private constructor(client: ElasticsearchClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /**
   * Reads the key and sends nothing: a verification may take hours, and a wrong path must show at its beginning.
   * Throws ElasticsearchError `settings` naming the option and the file.
   */
  static async create({ settings, namespace, apiKeyFile }: VerdictTarget): Promise<VerdictWriter> {
    const { username: _username, passwordFile: _passwordFile, ...connection } = settings;
    const names = { apiKeyName: '--verdict-api-key-file' };
    return new VerdictWriter(await createClient({ ...connection, apiKeyFile, ...names }), namespace);
  }

  /** Writes the verdict and closes the connection; call it once. Throws ElasticsearchError. */
  async write(verification: Omit<Verification, 'id' | 'namespace' | 'host' | 'version'>): Promise<void> {
    const id = randomUUID();
    const namespace = this.#namespace;
    const about = { id, namespace, host: hostname(), version: agentVersion };
    const source = verdictDocument({ ...verification, ...about });
    try {
      // The key may have been renewed since the verification began.
      await this.#client.credentials.readAgain().catch(() => undefined);
      const signal = AbortSignal.timeout(writeMilliseconds);
      await createDocument(this.#client, { stream: verdictStream(namespace), id, source, signal });
    } finally {
      // Not awaited: closing waits for the rest of an answer, which a dead server never sends.
      this.#client.close().catch(() => undefined);
    }
  }
}
