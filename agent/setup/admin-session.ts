import { request } from '../elasticsearch/index.ts';
import type {
  ElasticsearchAnswer,
  ElasticsearchClient,
  ElasticsearchRequest,
} from '../elasticsearch/index.ts';

export interface AdminSessionOptions {
  client: ElasticsearchClient;
  /**
   * Print what would be sent instead of sending it, as Kibana's Dev Tools take it: method and path, then the body; all else
   * behind `#`. What only looks is sent all the same.
   */
  dryRun: boolean;
  onLine: (line: string) => void;
  signal: AbortSignal;
}

/** With the administrator's credentials: every request that changes something goes through here. No body has a secret. */
export class AdminSession {
  readonly client: ElasticsearchClient;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly #onLine: (line: string) => void;

  constructor({ client, dryRun, onLine, signal }: AdminSessionOptions) {
    this.client = client;
    this.dryRun = dryRun;
    this.#onLine = onLine;
    this.signal = signal;
  }

  /** A request that changes nothing, whatever its method. Throws ElasticsearchError. */
  async look(wanted: ElasticsearchRequest): Promise<ElasticsearchAnswer> {
    return await request(this.client, { ...wanted, signal: this.signal });
  }

  /** A request that changes something; a dry run prints it, and answers for it with an empty 200. Throws ElasticsearchError. */
  async change(wanted: ElasticsearchRequest): Promise<ElasticsearchAnswer> {
    if (!this.dryRun) return await request(this.client, { ...wanted, signal: this.signal });
    const { method, path, query, body } = wanted;
    const search = query ? `?${new URLSearchParams(query).toString()}` : '';
    this.#onLine(`${method} ${path}${search}`);
    if (body !== undefined) this.#onLine(JSON.stringify(body, undefined, 2));
    this.#onLine('');
    return { status: 200, body: {} };
  }

  /** Tells what is so already; in a dry run as a comment. */
  note(line: string): void {
    this.#onLine(this.dryRun ? commented(line) : line);
  }

  /** Tells what was changed; a dry run has shown the request instead. */
  done(line: string): void {
    if (!this.dryRun) this.#onLine(line);
  }

  /** For `installTemplates`: what is put is put only where it differs. */
  send = async (wanted: ElasticsearchRequest): Promise<ElasticsearchAnswer> =>
    wanted.method === 'GET' ? await this.look(wanted) : await this.change(wanted);
}

/** What a server or a file says may have several lines; none of them is a request. */
function commented(text: string): string {
  return text.replaceAll(/^/gmu, '# ');
}
