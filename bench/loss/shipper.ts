import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Form } from './extract.ts';

/** Where a run takes place. */
export interface Place {
  /** The folder with `audit.log`. */
  logs: string;
  /** The shipper's own. */
  state: string;
  /** Its standard output and error. */
  output: string;
  sinkPort: number;
}

export interface Command {
  arguments: string[];
  environment?: Record<string, string>;
}

/** Something that ships an audit log to Elasticsearch, in the best configuration that is known to us. */
export interface Shipper {
  name: string;
  /** Where the events are in its documents. */
  form: Form;
  /** The version of Elasticsearch that it wants to meet. */
  elasticsearch: string;
  /** Makes it ready to run; a text says why it cannot be had here. */
  prepare: () => Promise<string | undefined>;
  /** The command to run, at the first start and after a kill; what it needs is written to `place.state`. */
  command: (place: Place) => Command;
}

const termMillisecondsMax = 30_000;

/** None outlives this process, however it ends. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A shipper's process, started again when it ends by itself, as systemd or the kubelet would. */
export class Shipping {
  /** How often it ended by itself. */
  exits = 0;
  readonly #shipper: Shipper;
  readonly #place: Place;
  #child: ChildProcess | undefined;

  constructor(shipper: Shipper, place: Place) {
    this.#shipper = shipper;
    this.#place = place;
  }

  start(): void {
    const { arguments: parameters, environment } = this.#shipper.command(this.#place);
    const output = openSync(this.#place.output, 'a');
    const child = spawn(parameters[0]!, parameters.slice(1), {
      stdio: ['ignore', output, output],
      cwd: this.#place.state,
      env: { ...process.env, ...environment },
    });
    closeSync(output);
    running.add(child);
    child.once('exit', () => {
      running.delete(child);
      if (this.#child !== child) return;
      this.exits += 1;
      setTimeout(() => this.#child === child && this.start(), 1000);
    });
    this.#child = child;
  }

  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** SIGTERM, and SIGKILL where that does not end it. */
  async stop(): Promise<void> {
    const child = this.#child;
    await Promise.race([this.#end('SIGTERM'), delay(termMillisecondsMax, undefined, { ref: false })]);
    if (child) await end(child, 'SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child) await end(child, signal);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
