import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { commandFile } from './command.ts';
import { DemoError } from './error.ts';
import { Scrape } from './scrape.ts';

const logLine = z.looseObject({
  message: z.string().optional(),
  'server.port': z.int().optional(),
  'auditseal.vkey': z.string().optional(),
});

const stopMillisecondsMax = 30_000;

/** `auditseal run` as a process of its own, known by what it logs. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #last: string[] = [];
  #port: number | undefined;
  #vkey: string | undefined;
  #wake: () => void = () => undefined;

  /** @param logFile gets what the agent says on standard output and error */
  constructor(configFile: string, logFile: string) {
    // A session of its own: Ctrl-C on the terminal is for the demo, which then stops the agent in its order.
    const child = spawn(process.execPath, [commandFile, 'run', '--config', configFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const log = createWriteStream(logFile);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        log.write(`${line}\n`);
        this.#read(line);
      });
    }
    child.once('close', () => {
      log.end();
      this.#wake();
    });
    child.once('error', (error) => this.#read(String(error)));
    this.#child = child;
  }

  /** Resolves when its metrics are served and its log's key is known. Throws DemoError `agent` if it ends before. */
  async started(signal: AbortSignal): Promise<{ vkey: string }> {
    while (this.#port === undefined || this.#vkey === undefined) {
      this.#throwIfEnded();
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return { vkey: this.#vkey };
  }

  async metrics(signal: AbortSignal): Promise<Scrape> {
    this.#throwIfEnded();
    try {
      const response = await fetch(`http://127.0.0.1:${this.#port}/metrics`, { signal });
      return new Scrape(await response.text());
    } catch (error) {
      this.#throwIfEnded();
      throw error;
    }
  }

  /** The end of what it said, for error messages. */
  get lastLines(): string {
    return this.#last.join('\n');
  }

  /** SIGTERM, as a node that shuts down; SIGKILL if that does not end it. Resolves with its exit code, null if killed. */
  async stop(): Promise<number | null> {
    if (this.#ended) return this.#child.exitCode;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopMillisecondsMax);
    await closed;
    clearTimeout(timer);
    return this.#child.exitCode;
  }

  get #ended(): boolean {
    const { exitCode, signalCode, pid } = this.#child;
    return exitCode !== null || signalCode !== null || pid === undefined;
  }

  #read(line: string): void {
    this.#last.push(line);
    if (this.#last.length > 20) this.#last.shift();
    const { data } = logLine.safeParse(parsed(line));
    this.#port ??= data?.['server.port'];
    this.#vkey ??= data?.['auditseal.vkey'];
    this.#wake();
  }

  #throwIfEnded(): void {
    if (!this.#ended) return;
    const how = this.#child.exitCode ?? this.#child.signalCode ?? 'no process';
    throw new DemoError('agent', `the agent ended too early (${how}). Its last lines:\n${this.lastLines}`);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
