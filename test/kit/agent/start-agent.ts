import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fetchAgain } from '../fetch-again.ts';
import { childOf } from './programs.ts';

/** A line of the agent's own log, parsed. */
export type LogLine = Record<string, unknown> & { message?: string };

export interface StartOptions {
  /** Path of the configuration file. */
  config: string;
  /** Stop the process (SIGSTOP) when it comes there the `hit`-th time (from 1; default 1). */
  failpoint?: { name: string; hit?: number };
  /** Sources in the configuration: the agent is ready when all have their log open. Default 1. */
  sources?: number;
  /** A program and arguments to run node under, for example strace. */
  under?: readonly string[];
  /** False: without a file system watcher. Default: as the environment says (see child.ts). */
  watch?: boolean;
  /** The tree with `agent/` and `test/kit/agent/child.ts`; default this one. */
  tree?: string;
  /** What runs it in place of this tree's agent, to which the configuration's path is added; without failpoints. */
  command?: readonly string[];
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const startMillisecondsMax = 90_000;

/**
 * Starts the real agent as a process of its own and waits until its logs are open and it serves metrics, or it stopped at
 * the failpoint, or it ended: see `state`. `await using` kills it at the end.
 */
export async function startAgent(options: StartOptions): Promise<AgentProcess> {
  const agent = new AgentProcess(options);
  await agent.started;
  return agent;
}

export class AgentProcess {
  /** Of node itself, also where it runs under another program (then from its first log line on). */
  pid: number;
  readonly logs: LogLine[] = [];
  /** What is not JSON: the message of a wrong configuration, warnings of Node. */
  readonly errorText: string[] = [];
  /** Resolves when the process is gone. */
  readonly exited: Promise<Exit>;
  /** Resolves when the process has stopped at its failpoint; never if it does not come there. */
  readonly stopped: Promise<void>;
  /** Resolves when it is ready, stopped or gone; rejects when that takes too long. */
  readonly started: Promise<void>;
  state: 'starting' | 'ready' | 'stopped' | 'exited' = 'starting';
  port = 0;
  /** How it ended, once it has. */
  exit: Exit | undefined;
  readonly #child: ChildProcess;
  #logsOpen = 0;

  constructor({ config, failpoint, sources = 1, under = [], watch, tree, command }: StartOptions) {
    const node = [...(command ?? [process.execPath, childOf(tree)]), config];
    const at = failpoint ? [failpoint.name, String(failpoint.hit ?? 1)] : [];
    const [program = '', ...args] = [...under, ...node, ...at];
    const env = {
      ...process.env,
      ...(watch !== undefined && { AUDITSEAL_TEST_WATCH: watch ? 'yes' : 'no' }),
    };
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], env });
    this.pid = this.#child.pid ?? 0;
    const ready = new Promise<void>((resolve) => {
      createInterface({ input: this.#child.stdout! }).on('line', (text) => {
        this.#read(text);
        if (this.state !== 'starting' || this.port === 0 || this.#logsOpen < sources) return;
        this.state = 'ready';
        resolve();
      });
    });
    createInterface({ input: this.#child.stderr! }).on('line', (text) => this.errorText.push(text));
    this.stopped = new Promise((resolve) => {
      (this.#child.stdio[3] as Readable).once('data', () => {
        this.state = 'stopped';
        resolve();
      });
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        this.state = 'exited';
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
    this.started = within(
      startMillisecondsMax,
      Promise.race([ready, this.stopped, this.exited.then(() => undefined)]),
      () => `the agent did not start: ${this.tail()}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** SIGTERM; resolves with the exit code (null if a signal ended it). Rejects after `millisecondsMax`. */
  async stop(millisecondsMax = 240_000): Promise<number | null> {
    this.#signal('SIGTERM');
    const { code } = await within(
      millisecondsMax,
      this.exited,
      () => `SIGTERM did not end it: ${this.tail()}`,
    );
    return code;
  }

  /** SIGKILL, also of a stopped process; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.exited;
  }

  /** The samples of /metrics by name with labels, as `auditseal_read_lines_total{source="kube-apiserver"}`. */
  async metrics(): Promise<Map<string, number>> {
    const response = await fetchAgain(`http://127.0.0.1:${this.port}/metrics`);
    const samples = (await response.text()).matchAll(/^([a-z_]+(?:\{[^}]*\})?) (\S+)$/gmu);
    return new Map([...samples].map(([, name, value]) => [name ?? '', Number(value)]));
  }

  /** Status of /healthz or /readyz. */
  async probe(path: 'healthz' | 'readyz'): Promise<number> {
    return (await fetchAgain(`http://127.0.0.1:${this.port}/${path}`)).status;
  }

  /** The log lines with this message so far. */
  said(message: string | RegExp): LogLine[] {
    return this.logs.filter(({ message: text = '' }) =>
      typeof message === 'string' ? text === message : message.test(text),
    );
  }

  /** The end of what it said, for error messages. */
  tail(): string {
    return [
      ...this.logs.slice(-10).map((line) => JSON.stringify(line)),
      ...this.errorText.slice(-10),
      ...(this.exit ? [`ended with ${this.exit.code ?? this.exit.signal}`] : []),
    ].join('\n');
  }

  /** To node itself: strace keeps signals to itself. */
  #signal(signal: NodeJS.Signals): void {
    if (this.state !== 'exited') process.kill(this.pid, signal);
  }

  #read(text: string): void {
    let line: LogLine;
    try {
      line = JSON.parse(text) as LogLine;
    } catch {
      this.errorText.push(text);
      return;
    }
    this.logs.push(line);
    if (typeof line['server.port'] === 'number') this.port = line['server.port'];
    if (typeof line['process.pid'] === 'number') this.pid = line['process.pid'];
    if (line.message === 'log open') this.#logsOpen += 1;
  }
}

/** `promise`, or an error that says what did not happen in time. */
export async function within<T>(milliseconds: number, promise: Promise<T>, why: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${milliseconds} ms: ${why()}`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Resolves as soon as `condition` holds, asked every `everyMilliseconds`. Rejects with `why` after `millisecondsMax`. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  why: () => string,
  { millisecondsMax = 300_000, everyMilliseconds = 50 } = {},
): Promise<void> {
  const end = performance.now() + millisecondsMax;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`after ${millisecondsMax} ms: ${why()}`);
    await new Promise((resolve) => setTimeout(resolve, everyMilliseconds));
  }
}
