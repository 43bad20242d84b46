import type { AgentProcess } from '../../kit/agent/index.ts';
import {
  collect,
  countEvents,
  difference,
  startAgent,
  temporaryFolder,
  until,
  verify,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { FaultProxy } from './fault-proxy.ts';

/** One life of an agent behind a fault proxy: an audit log on one end, a real Elasticsearch on the other. */
export class Journey {
  readonly proxy: FaultProxy;
  readonly writer: Writer;
  agent: AgentProcess;
  readonly namespace: string;
  readonly #url: string;
  readonly #config: string;
  readonly #remove: () => PromiseLike<void>;

  private constructor(parts: {
    proxy: FaultProxy;
    writer: Writer;
    agent: AgentProcess;
    namespace: string;
    url: string;
    config: string;
    remove: () => PromiseLike<void>;
  }) {
    ({ proxy: this.proxy, writer: this.writer, agent: this.agent, namespace: this.namespace } = parts);
    this.#url = parts.url;
    this.#config = parts.config;
    this.#remove = parts.remove;
  }

  /** `url`: of the real Elasticsearch. `settings`: keys of the section `elasticsearch`, made in the folder given. */
  static async begin(
    url: string,
    settings: (
      folder: string,
      proxyUrl: string,
    ) => Record<string, unknown> | Promise<Record<string, unknown>> = () => ({}),
    more: Record<string, unknown> = {},
  ): Promise<Journey> {
    const folder = await temporaryFolder();
    const proxy = await FaultProxy.start(url);
    const namespace = randomNamespace();
    const writer = await Writer.make(folder.path);
    const elasticsearch = { requestSeconds: 20, ...(await settings(folder.path, proxy.url)) };
    const config = await writeConfig(folder.path, {
      elasticsearchUrl: proxy.url,
      namespace,
      more,
      elasticsearch,
    });
    const agent = await startAgent({ config });
    const remove = async () => {
      await proxy[Symbol.asyncDispose]();
      await removeNamespace(url, namespace);
      await folder[Symbol.asyncDispose]();
    };
    return new Journey({ proxy, writer, agent, namespace, url, config, remove });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent.kill();
    await this.#remove();
  }

  /** Stops the agent as a node does, and starts another one on its state. */
  async restart(): Promise<void> {
    await this.agent.stop();
    this.agent = await startAgent({ config: this.#config });
  }

  /** Events that have arrived. */
  count(): Promise<number> {
    return countEvents(this.#url, this.namespace);
  }

  /** Waits until as many events have arrived as lines were written. */
  async arrived(count = this.writer.count): Promise<void> {
    let found = 0;
    await until(
      async () => (found = await this.count()) >= count,
      () => `${found} of ${count} events have arrived: ${this.agent.tail()}`,
    );
  }

  /** Waits until batches are acknowledged whole, so that nothing of what was written is on its way. */
  async quiet(): Promise<void> {
    await this.arrived();
    await until(
      async () => (await this.metric('auditseal_spool_bytes')) === 0 && this.proxy.waiting === 0,
      () => `batches wait: ${this.agent.tail()}`,
    );
  }

  /** A metric of the only source. */
  async metric(name: string, labels = ''): Promise<number> {
    return (await this.agent.metrics()).get(`${name}{source="kube-apiserver"${labels}}`) ?? 0;
  }

  retries(cause: string): Promise<number> {
    return this.metric('auditseal_retries_total', `,cause="${cause}"`);
  }

  /** Stops the agent; all that is wrong with what has arrived. Nothing, if all is well. */
  async end(): Promise<string[]> {
    await this.arrived();
    const code = await this.agent.stop();
    const lines = difference(this.writer.written, await collect(this.#url, this.namespace));
    const { exitCode, lines: said, errorText } = await verify(this.#url, this.namespace);
    return [
      ...(code === 0 ? [] : [`the agent ended with ${code}: ${this.agent.tail()}`]),
      ...lines,
      ...(exitCode === 0 ? [] : [`verify: exit ${exitCode}`, ...said, errorText]),
    ];
  }
}
