import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the sink has got. */
export interface SinkCounts {
  documents: number;
  requests: number;
  /** As sent, and uncompressed. */
  wireBytes: number;
  bodyBytes: number;
  /** Milliseconds since the epoch of each bulk request, and the documents up to then. */
  arrivals: [at: number, documents: number][];
}

/** The fake Elasticsearch of `sink-server.ts`, in a process of its own so that its CPU time is nobody's. */
export class Sink {
  readonly port: number;
  readonly #process: ReturnType<typeof fork>;

  private constructor(child: ReturnType<typeof fork>, port: number) {
    this.#process = child;
    this.port = port;
  }

  static async start(): Promise<Sink> {
    const child = fork(fileURLToPath(new URL('sink-server.ts', import.meta.url)), { execArgv: [] });
    const [port] = (await once(child, 'message')) as [number];
    return new Sink(child, port);
  }

  async counts(): Promise<SinkCounts> {
    this.#process.send('counts');
    const [counts] = (await once(this.#process, 'message')) as [SinkCounts];
    return counts;
  }

  async close(): Promise<void> {
    this.#process.disconnect();
    await once(this.#process, 'exit');
  }
}
