import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Form } from './extract.ts';
import type { Fault, FaultCounts } from './fault.ts';

export interface SinkStats {
  /** Events stored, and different ones among them. */
  documents: number;
  different: number;
  /** The highest number of an event. */
  newest: number;
  requests: number;
  faults: FaultCounts;
}

export interface SinkOptions {
  /** File for the events as they arrive. */
  arrivals: string;
  form: Form;
  /** The version of Elasticsearch that it says it is. */
  version: string;
  seed: number;
}

export type ToSink = { stats: true } | { fault: Fault } | { close: true };

/** The fake Elasticsearch of `sink-server.ts`, as a process of its own. */
export class Sink {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  static async start(options: SinkOptions): Promise<Sink> {
    const server = fileURLToPath(new URL('sink-server.ts', import.meta.url));
    const child = fork(server, [JSON.stringify(options)], { execArgv: [] });
    const [port] = (await once(child, 'message')) as [number];
    return new Sink(child, port);
  }

  async stats(): Promise<SinkStats> {
    return (await this.#ask({ stats: true })) as SinkStats;
  }

  async fault(fault: Fault): Promise<void> {
    await this.#ask({ fault });
  }

  /** Ends it when all that arrived is in the file. */
  async close(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.send({ close: true } satisfies ToSink);
    await exited;
  }

  async #ask(message: ToSink): Promise<unknown> {
    const answer = once(this.#process, 'message');
    this.#process.send(message);
    return (await answer)[0] as unknown;
  }
}
