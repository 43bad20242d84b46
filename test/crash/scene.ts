import {
  AgentProcess,
  collect,
  countEvents,
  difference,
  temporaryFolder,
  until,
  verify,
  writeConfig,
  Writer,
  type StartOptions,
} from '../agent/index.ts';
import { randomNamespace } from '../elasticsearch/index.ts';

export interface SceneOptions {
  url: string;
  /** Keys of the configuration file. */
  more?: Record<string, unknown>;
}

/** One node with an audit log, a state folder and a namespace of its own; agents live and die on it. */
export class Scene {
  readonly url: string;
  readonly namespace: string;
  readonly folder: string;
  readonly config: string;
  readonly writer: Writer;
  /** The newest agent. */
  agent: AgentProcess | undefined;
  readonly #remove: () => PromiseLike<void>;

  private constructor(
    options: SceneOptions,
    namespace: string,
    folder: { path: string } & AsyncDisposable,
    config: string,
    writer: Writer,
  ) {
    this.url = options.url;
    this.namespace = namespace;
    this.folder = folder.path;
    this.config = config;
    this.writer = writer;
    this.#remove = () => folder[Symbol.asyncDispose]();
  }

  static async make(options: SceneOptions): Promise<Scene> {
    const folder = await temporaryFolder();
    const namespace = randomNamespace();
    const { url, more } = options;
    const config = await writeConfig(folder.path, {
      elasticsearchUrl: url,
      namespace,
      ...(more && { more }),
    });
    return new Scene(options, namespace, folder, config, await Writer.make(folder.path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent?.kill();
    await this.#remove();
  }

  /** Starts an agent and waits until it is ready, stopped at its failpoint, or gone. */
  async start(options: Omit<StartOptions, 'config'> = {}): Promise<AgentProcess> {
    const agent = this.spawn(options);
    await agent.started;
    return agent;
  }

  /** Starts an agent without waiting for anything. */
  spawn(options: Omit<StartOptions, 'config'> = {}): AgentProcess {
    this.agent = new AgentProcess({ ...options, config: this.config });
    this.agent.started.catch(() => undefined);
    return this.agent;
  }

  /** Another configuration for the agents to come, on the same state. */
  async configure({ url = this.url, more }: Partial<SceneOptions>): Promise<void> {
    const { folder, namespace } = this;
    await writeConfig(folder, { elasticsearchUrl: url, namespace, ...(more && { more }) });
  }

  /** Waits until Elasticsearch has as many events as lines were written (or `count`). */
  async shipped(count = this.writer.count, millisecondsMax = 120_000): Promise<void> {
    let found = 0;
    await until(
      async () => {
        if (this.agent?.state === 'exited')
          throw new Error(`the agent ended by itself: ${this.agent.tail()}`);
        return (found = await countEvents(this.url, this.namespace)) >= count;
      },
      () => `${found} of ${count} events have arrived; ${this.agent?.state}: ${this.agent?.tail()}`,
      { millisecondsMax, everyMilliseconds: 250 },
    );
  }

  /** Waits for all lines, stops the agent, and tells everything that is wrong: nothing if all is well. */
  async finish(): Promise<string[]> {
    try {
      await this.shipped();
    } catch (error) {
      return [String(error)];
    }
    const code = await this.agent?.stop();
    return [
      ...(code === 0 ? [] : [`the agent ended with ${code}: ${this.agent?.tail()}`]),
      ...(await this.problems()),
    ];
  }

  /** Lines that are missing or there twice, and what `auditseal verify` finds. */
  async problems(): Promise<string[]> {
    const lines = difference(this.writer.written, await collect(this.url, this.namespace));
    const { exitCode, lines: said, errorText } = await verify(this.url, this.namespace);
    return [...lines, ...(exitCode === 0 ? [] : [`verify: exit ${exitCode}`, ...said, errorText])];
  }
}
