import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startElasticsearch } from '../../kit/elasticsearch/index.ts';
import type { EmbeddedElasticsearch } from '../../kit/elasticsearch/index.ts';
import type { Outages } from './chaos.ts';

/** A real Elasticsearch of one's own on one address and one data folder, to be stopped, killed and started again. */
export class UnreliableElasticsearch implements Outages {
  readonly url: string;
  readonly #home: string;
  #node: EmbeddedElasticsearch | undefined;

  private constructor(home: string, node: EmbeddedElasticsearch) {
    this.#home = home;
    this.#node = node;
    this.url = node.url;
  }

  /** Throws ElasticsearchStartError where none can be had. */
  static async start(): Promise<UnreliableElasticsearch> {
    const home = await mkdtemp(join(tmpdir(), 'auditseal-outage-'));
    try {
      return new UnreliableElasticsearch(home, await startElasticsearch({ homeDir: home }));
    } catch (error) {
      await rm(home, { recursive: true, force: true });
      throw error;
    }
  }

  async leave(how: 'stop' | 'kill'): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    await node?.[how]();
  }

  async comeBack(): Promise<void> {
    const port = Number(new URL(this.url).port);
    this.#node ??= await startElasticsearch({ homeDir: this.#home, port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave('stop');
    await rm(this.#home, { recursive: true, force: true });
  }
}
