import type { WarnOnce } from './warn-once.ts';
import type { Obstacle } from './obstacle.ts';
import { probe } from './probe.ts';

/** How often the live file is opened to see whether it can be: rarely, for the system's own audit (auditd) may note each. */
export const probeMillisecondsDefault = 10_000;

/** How often at least while something is in the way. */
const probeAgainMilliseconds = 1000;

/**
 * How long a folder may be without a live file before that counts: a rotation takes less than a millisecond, the first start
 * of a control plane a minute or two. Readiness must not go and come with either.
 */
export const absentMillisecondsDefault = 120_000;

/** Called at the first look, and whenever it changes: why the source cannot be read, undefined if it can. */
export type OnReadable = (obstacle: Obstacle | undefined) => void;

export interface ReadabilityOptions {
  path: string;
  warnOnce: WarnOnce;
  onReadable: OnReadable;
  absentMillisecondsMax: number;
  probeMilliseconds: number;
}

/**
 * Whether the source can be read now. Two witnesses: what reading itself meets, on whichever file of the rotation, and a probe
 * of the live path, which also speaks while an older file is read or reading is paused.
 */
export class Readability {
  readonly #options: ReadabilityOptions;
  #failure: Obstacle | undefined;
  #found: Obstacle | undefined;
  #probedAt = -Infinity;
  #absentSince: number | undefined;
  #obstacle: Obstacle | undefined;
  #looked = false;

  constructor(options: ReadabilityOptions) {
    this.#options = options;
  }

  /** What is in the way now. */
  get obstacle(): Obstacle | undefined {
    return this.#obstacle;
  }

  /** After a read: what it failed with, undefined if it did not. */
  async afterRead(failure: Obstacle | undefined, isReading: boolean): Promise<void> {
    this.#failure = failure;
    await this.#look(isReading);
  }

  /** While reading is paused: what looking ahead failed with, which a probe takes back, for nothing is read then. */
  async whilePaused(failure: Obstacle | undefined, isReading: boolean): Promise<void> {
    if (failure) [this.#found, this.#probedAt] = [failure, performance.now()];
    await this.#look(isReading);
  }

  async #look(isReading: boolean): Promise<void> {
    const now = performance.now();
    const { probeMilliseconds } = this.#options;
    const isFine = !this.#found && !this.#failure;
    const interval = isFine ? probeMilliseconds : Math.min(probeMilliseconds, probeAgainMilliseconds);
    if (now - this.#probedAt >= interval) {
      this.#probedAt = now;
      this.#found = await probe(this.#options.path);
      this.#absentSince = this.#found?.isAbsent ? (this.#absentSince ?? now) : undefined;
    }
    this.#conclude(this.#failure ?? (this.#isExcused(isReading, now) ? undefined : this.#found));
  }

  /** A file that is held open is read, wherever it went; without one, a rotation or a first start is waited for. */
  #isExcused(isReading: boolean, now: number): boolean {
    if (!this.#found?.isAbsent) return false;
    return isReading || now - (this.#absentSince ?? now) < this.#options.absentMillisecondsMax;
  }

  #conclude(obstacle: Obstacle | undefined): void {
    const { warnOnce, onReadable, path } = this.#options;
    const before = this.#obstacle;
    const isNews = !this.#looked || before?.code !== obstacle?.code || before?.path !== obstacle?.path;
    this.#looked = true;
    this.#obstacle = obstacle;
    if (obstacle) {
      const { code, path: at, remedy } = obstacle;
      warnOnce.warn(`read ${code} ${at}`, `cannot read ${at} (${code}); trying again: ${remedy}`, {});
    } else if (before) {
      warnOnce.clear('read');
      warnOnce.log('info', `${path} can be read again`, {});
    }
    if (isNews) onReadable(obstacle);
  }
}
