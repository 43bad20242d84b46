import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';

const main = fileURLToPath(new URL('../../agent/cli/main.ts', import.meta.url));
const startMillisecondsMax = 180_000;

export interface BusyOptions {
  /** Removed before and after. */
  folder: string;
  /** On the disk to be measured, or on a memory disk. */
  stateDir: string;
  /** The audit log that it finds; default: an empty one. */
  input?: string;
  elasticsearch: { url: string; namespace?: string; codec?: string };
  /** Keys of the configuration. */
  more: Record<string, unknown>;
}

/** `auditseal run` as a process, with the shipped defaults but for what is said. */
export class BusyAgent {
  readonly #child: ChildProcess;
  readonly #options: BusyOptions;
  readonly #output: string;
  #port: string | undefined;

  private constructor(options: BusyOptions) {
    const { folder, stateDir, input, elasticsearch, more } = options;
    const { url, ...rest } = elasticsearch;
    for (const path of [folder, stateDir]) rmSync(path, { recursive: true, force: true });
    mkdirSync(join(folder, 'logs'), { recursive: true });
    if (input === undefined) writeFileSync(join(folder, 'logs/audit.log'), '');
    else linkSync(input, join(folder, 'logs/audit.log'));
    const config = join(folder, 'auditseal.yaml');
    const settings = {
      cluster: 'bench',
      node: 'bench',
      stateDir,
      sources: [{ name: 'kube-apiserver', path: join(folder, 'logs/audit.log') }],
      elasticsearch: { urls: [url], ...rest },
      freeBytesMin: 0,
      http: { port: 0 },
      ...more,
    };
    writeFileSync(config, stringify(settings));
    this.#options = options;
    this.#output = join(folder, 'output');
    const output = openSync(this.#output, 'w');
    this.#child = spawn(process.execPath, [main, 'run', '--config', config], {
      stdio: ['ignore', output, output],
    });
    closeSync(output);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it ships. */
  static async start(options: BusyOptions): Promise<BusyAgent> {
    const agent = new BusyAgent(options);
    const end = performance.now() + startMillisecondsMax;
    while (((await agent.sample('auditseal_shipped_batches_total')) ?? 0) === 0) {
      if (performance.now() > end) {
        const said = agent.said();
        await agent.stop();
        throw new Error(`the agent does not ship: ${said}`);
      }
      await delay(100);
    }
    return agent;
  }

  /** The sum of a metric; undefined while it is not served. */
  async sample(name: string): Promise<number | undefined> {
    this.#port ??= /"server\.port":(\d+)/u.exec(readFileSync(this.#output, 'utf8'))?.[1];
    const port = this.#port;
    if (port === undefined) return undefined;
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
    if (!answer) return undefined;
    const text = await answer.text();
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gmu'))];
    return values.reduce((sum, [, value]) => sum + Number(value), 0);
  }

  said(): string {
    return readFileSync(this.#output, 'utf8').slice(-3000);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    const { folder, stateDir } = this.#options;
    for (const path of [folder, stateDir]) rmSync(path, { recursive: true, force: true });
  }
}
