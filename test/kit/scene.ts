import { join } from 'node:path';
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
} from './agent/index.ts';
import type { Multiset, StartOptions } from './agent/index.ts';
import { randomNamespace } from './elasticsearch/index.ts';

export interface SceneOptions {
  url: string;
  /** Keys of the configuration file. */
  more?: Record<string, unknown>;
  /** How many audit logs there are, each a source; default 1. */
  sources?: number;
}

/** The first is the one that `writer` writes. */
const sourceNames = ['kube-apiserver', 'openshift-apiserver', 'k3s'];
/** Far more than any of them writes. */
const linesOfEach = 10_000_000;

/** One node with an audit log, a state folder and a namespace of its own; agents live and die on it. */
export class Scene {
  readonly url: string;
  readonly namespace: string;
  readonly folder: string;
  readonly config: string;
  /** By the name of the source. */
  readonly writers: ReadonlyMap<string, Writer>;
  /** The newest agent. */
  agent: AgentProcess | undefined;
  readonly #remove: () => PromiseLike<void>;

  private constructor(
    options: SceneOptions,
    namespace: string,
    folder: { path: string } & AsyncDisposable,
    writers: ReadonlyMap<string, Writer>,
  ) {
    this.url = options.url;
    this.namespace = namespace;
    this.folder = folder.path;
    this.config = join(folder.path, 'auditseal.yaml');
    this.writers = writers;
    this.#remove = () => folder[Symbol.asyncDispose]();
  }

  static async make(options: SceneOptions): Promise<Scene> {
    const folder = await temporaryFolder();
    const namespace = randomNamespace();
    const { more, sources = 1 } = options;
    const writers = new Map<string, Writer>();
    for (const [n, name] of sourceNames.slice(0, sources).entries())
      writers.set(name, await Writer.make(folder.path, n === 0 ? 'logs' : name, n * linesOfEach));
    const scene = new Scene(options, namespace, folder, writers);
    await scene.configure({ ...(more && { more }) });
    return scene;
  }

  get count(): number {
    return [...this.writers.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** Lines of all sources. */
  get written(): Multiset {
    return new Map([...this.writers.values()].flatMap(({ written }) => [...written]));
  }

  /** The first source's. */
  get writer(): Writer {
    return [...this.writers.values()][0]!;
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
    this.agent = new AgentProcess({ sources: this.writers.size, ...options, config: this.config });
    this.agent.started.catch(() => undefined);
    return this.agent;
  }

  /** Another configuration for the agents to come, on the same state. */
  async configure({ url = this.url, more }: Partial<SceneOptions>): Promise<void> {
    const { folder, namespace } = this;
    const sources = [...this.writers].map(([name, { log }]) => ({ name, path: log.path }));
    await writeConfig(folder, { elasticsearchUrl: url, namespace, sources, ...(more && { more }) });
  }

  /** Waits until Elasticsearch has as many events as lines were written (or `count`). */
  async shipped(count = this.count): Promise<void> {
    let found = 0;
    await until(
      async () => {
        if (this.agent?.state === 'exited')
          throw new Error(`the agent ended by itself: ${this.agent.tail()}`);
        return (found = await countEvents(this.url, this.namespace)) >= count;
      },
      () => `${found} of ${count} events have arrived; ${this.agent?.state}: ${this.agent?.tail()}`,
      { everyMilliseconds: 250 },
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
    const lines = difference(this.written, await collect(this.url, this.namespace));
    const { exitCode, lines: said, errorText } = await verify(this.url, this.namespace);
    return [...lines, ...(exitCode === 0 ? [] : [`verify: exit ${exitCode}`, ...said, errorText])];
  }
}
