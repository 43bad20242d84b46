import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { count } from './count.ts';
import type { Count } from './count.ts';
import { Rotations } from './rotations.ts';
import { scenarios } from './scenario.ts';
import type { Minimum, Rate, ScenarioName } from './scenario.ts';
import { Shipping } from './shipper.ts';
import type { Shipper } from './shipper.ts';
import { Sink } from './sink.ts';
import type { SinkStats } from './sink.ts';
import { Writer } from './writer.ts';

const maxSizeMiB = 5;
/**
 * What the writer keeps lasts for 13 s at either rate. Five backups at 20 MB/s would last for 1.3 s, less than any shipper takes to start, and
 * than a shared machine may keep one waiting: what is deleted before it could be looked at says nothing about a shipper.
 */
const maxBackupsDefault: Record<Rate, number> = { 2: 5, 20: 50 };
const pollMilliseconds = 20;
const settleMilliseconds = 200;
const warmUpEvents = 20;
const warmUpMillisecondsMax = 60_000;
/** All has arrived: so long for a duplicate to come, too. */
const completeMilliseconds = 4000;
/** Not all has arrived: after so long without anything new it is not going to. After an outage, retries may pause for long. */
const quietMilliseconds = 20_000;
const quietAfterFaultsMilliseconds = 45_000;
const catchUpMillisecondsMax = 30_000;
/** Three seconds' worth, at about 435 events per MB. */
const behindEventsPerMegabyte = 1300;
const drainMillisecondsMax = 180_000;

/** What happened in a run while the shipper was reading. */
export interface Happened extends Minimum {
  /** Rotations while it was down. */
  rotationsDown: number;
  /** Events written and not arrived at each kill. */
  behindAtKills: number[];
  /** How often the shipper ended by itself. */
  exits: number;
  requests: number;
  megabytes: number;
  writeSeconds: number;
  drainSeconds: number;
}

export interface Cell {
  shipper: string;
  scenario: ScenarioName;
  rate: Rate;
  count: Count;
  happened: Happened;
  /** Why the run does not count; empty if it does. */
  void: string[];
}

export interface CellOptions {
  shipper: Shipper;
  scenario: ScenarioName;
  rate: Rate;
  folder: string;
  rotator: string;
  seed: number;
  /** Backups that the writer keeps; default {@link maxBackupsDefault}. */
  maxBackups?: number | undefined;
  /** Waits for its turn to load the machine, and does it then. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Runs one shipper through one scenario at one rate, and counts. */
export async function runCell(options: CellOptions): Promise<Cell> {
  const { shipper, scenario, rate, folder, seed } = options;
  const files = { arrivals: join(folder, 'arrivals'), list: join(folder, 'written') };
  const place = { logs: join(folder, 'logs'), state: join(folder, 'state'), output: join(folder, 'output') };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(place.logs, { recursive: true });
  mkdirSync(place.state);
  const { form, elasticsearch: version } = shipper;
  const sink = await Sink.start({ arrivals: files.arrivals, form, version, seed });
  const writer = new Writer({
    rotator: options.rotator,
    path: join(place.logs, 'audit.log'),
    list: files.list,
    megabytesPerSecond: rate,
    maxSizeMiB,
    maxBackups: options.maxBackups ?? maxBackupsDefault[rate],
    compress: scenarios[scenario].compress,
  });
  const shipping = new Shipping(shipper, { ...place, sinkPort: sink.port });
  const run = new Run(options, sink, writer, shipping, new Rotations(place.logs));
  let happened: Happened;
  try {
    happened = await run.go();
  } finally {
    run.rotations[Symbol.dispose]();
    await shipping.stop();
    await writer.close();
    await sink.close();
  }
  const counted = await count(files.list, files.arrivals);
  return { shipper: shipper.name, scenario, rate, count: counted, happened, void: run.shortfalls(happened) };
}

class Run {
  readonly rotations: Rotations;
  readonly #options: CellOptions;
  readonly #sink: Sink;
  readonly #writer: Writer;
  readonly #shipping: Shipping;
  readonly #behindAtKills: number[] = [];
  #rotationsDown = 0;

  constructor(options: CellOptions, sink: Sink, writer: Writer, shipping: Shipping, rotations: Rotations) {
    this.rotations = rotations;
    this.#options = options;
    this.#sink = sink;
    this.#writer = writer;
    this.#shipping = shipping;
  }

  async go(): Promise<Happened> {
    const writeSeconds = await this.#options.inTurn(() => this.#torture());
    const stoppedAt = performance.now();
    const stats = await this.#untilIdle();
    const { faults, requests } = stats;
    return {
      rotations: this.rotations.count - this.#rotationsDown,
      kills: this.#behindAtKills.length,
      faults: faults.unavailable + faults.reset + faults.busy + faults['busy items'],
      rotationsDown: this.#rotationsDown,
      behindAtKills: this.#behindAtKills,
      exits: this.#shipping.exits,
      requests,
      megabytes: this.#writer.bytes / 1e6,
      writeSeconds,
      drainSeconds: (performance.now() - stoppedAt) / 1000,
    };
  }

  /** Returns the seconds for which the writer wrote. */
  async #torture(): Promise<number> {
    const { scenario, rate } = this.#options;
    const { before, after } = scenarios[scenario];
    await this.#warmUp();
    const startedAt = performance.now();
    this.#writer.start();
    await delay(before[rate] * 1000);
    await this.#trouble();
    await delay(after[rate] * 1000);
    await this.#writer.stop();
    return (performance.now() - startedAt) / 1000;
  }

  shortfalls(happened: Happened): string[] {
    const { scenario, rate } = this.#options;
    const minimum = scenarios[scenario].minimum[rate];
    const short = (['rotations', 'kills', 'faults'] as const).filter(
      (what) => happened[what] < minimum[what],
    );
    return short.map((what) => `${happened[what]} ${what}, at least ${minimum[what]} are needed`);
  }

  /** The first events arrive: it runs and reads. */
  async #warmUp(): Promise<void> {
    await this.#writer.burst(warmUpEvents);
    this.#shipping.start();
    const end = performance.now() + warmUpMillisecondsMax;
    while ((await this.#sink.stats()).different < warmUpEvents) {
      if (performance.now() > end) throw new Error('the first events have not arrived within a minute');
      await delay(pollMilliseconds);
    }
  }

  async #trouble(): Promise<void> {
    const { scenario, rate } = this.#options;
    const { trouble } = scenarios[scenario];
    if (trouble === undefined) return;
    if ('fault' in trouble) {
      await this.#sink.fault(trouble.fault);
      await delay(trouble.seconds[rate] * 1000);
      // A share of requests or documents goes on failing until all has arrived.
      if (!('share' in trouble.fault)) await this.#sink.fault({ kind: 'none' });
      return;
    }
    for (let kills = 0; kills < trouble.kills; kills++) {
      if (kills > 0) await this.#untilCaughtUp();
      await this.#killOver(trouble.rotations);
    }
  }

  /**
   * Kills it, and starts it again when so many rotations have passed. With compression, the writer is then held until all backups are
   * compressed: at the high rate, lumberjack does not keep up with itself.
   */
  async #killOver(rotations: number): Promise<void> {
    await this.#shipping.kill();
    const { different } = await this.#sink.stats();
    this.#behindAtKills.push(this.#writer.written - different);
    const { count: from } = this.rotations;
    while (this.rotations.count - from < rotations) await delay(pollMilliseconds);
    if (scenarios[this.#options.scenario].compress) {
      this.#writer.held = true;
      // The names that were seen last may be older than the last rotation.
      await delay(settleMilliseconds);
      while (!this.rotations.allCompressed) await delay(pollMilliseconds);
      this.#writer.held = false;
    }
    this.#rotationsDown += this.rotations.count - from;
    this.#shipping.start();
  }

  /** What it reads is no older than some seconds, and so it goes on for a while: then it can be killed again. */
  async #untilCaughtUp(): Promise<void> {
    const { scenario, rate } = this.#options;
    const end = performance.now() + catchUpMillisecondsMax;
    for (let behind = Infinity; behind > rate * behindEventsPerMegabyte && performance.now() < end;) {
      await delay(pollMilliseconds);
      behind = this.#writer.written - (await this.#sink.stats()).newest;
    }
    await delay(scenarios[scenario].before[rate] * 1000);
  }

  async #untilIdle(): Promise<SinkStats> {
    const end = performance.now() + drainMillisecondsMax;
    const faults = 'fault' in (scenarios[this.#options.scenario].trouble ?? {});
    const quiet = faults ? quietAfterFaultsMilliseconds : quietMilliseconds;
    let stats = await this.#sink.stats();
    for (let newAt = performance.now(); performance.now() < end;) {
      await delay(pollMilliseconds);
      const { documents } = stats;
      stats = await this.#sink.stats();
      if (stats.documents !== documents) newAt = performance.now();
      const complete = stats.different >= this.#writer.written;
      if (performance.now() - newAt > (complete ? completeMilliseconds : quiet)) break;
    }
    return stats;
  }
}
