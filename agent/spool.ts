import { statfsSync } from 'node:fs';
import type { Metrics } from './observe/index.ts';

/** statfs is cheap, but not for every chunk. */
const statfsMilliseconds = 1000;

export interface SpoolOptions {
  stateDir: string;
  spoolBytesMax: number;
  freeBytesMin: number;
  sources: readonly string[];
  metrics: Metrics;
}

/**
 * How full the store is. Each source has an equal share of `spoolBytesMax`, so that one whose log grows fast cannot stop
 * the others; with less than `freeBytesMin` left on the disk all wait, because etcd lives there too.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #bytes = new Map<string, number>();
  #freeBytes = Infinity;
  #lookedAt = -Infinity;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** Compressed bytes that became durable (positive) or were acknowledged (negative). */
  add(source: string, bytes: number): void {
    const held = (this.#bytes.get(source) ?? 0) + bytes;
    this.#bytes.set(source, held);
    this.#options.metrics.spoolBytes.set({ source }, held);
  }

  /** After a rollback: what is really there. */
  set(source: string, bytes: number): void {
    this.add(source, bytes - (this.#bytes.get(source) ?? 0));
  }

  /** `comingBytes` are compressed and about to become durable. */
  pausedBy(source: string, comingBytes = 0): 'spool' | 'disk' | undefined {
    const { spoolBytesMax, freeBytesMin, sources, stateDir } = this.#options;
    const held = (this.#bytes.get(source) ?? 0) + comingBytes;
    if (held >= spoolBytesMax / sources.length) return 'spool';
    const now = performance.now();
    if (now - this.#lookedAt >= statfsMilliseconds) {
      this.#lookedAt = now;
      const { bavail, bsize } = statfsSync(stateDir);
      this.#freeBytes = bavail * bsize;
    }
    return this.#freeBytes < freeBytesMin ? 'disk' : undefined;
  }
}
