import { statfsSync } from 'node:fs';
import type { SourceMeter } from '../observe/index.ts';

/** statfs is cheap, but not for every chunk. */
const statfsMilliseconds = 1000;

/** Once paused, reading goes on only with this share of room to spare: else a slow server would make it stutter, and flood the log. */
const spareShare = 0.1;

export interface RoomOptions {
  stateDir: string;
  spoolBytesMax: number;
  freeBytesMin: number;
  /** How many share it. */
  sources: number;
  /** Bytes of the state's file that hold nothing: what is written there takes nothing from the disk. */
  reusableBytes: () => number;
}

/**
 * How full the store may be. Each source has an equal share of `spoolBytesMax`, so that one whose log grows fast cannot
 * stop the others; with less than `freeBytesMin` left on the disk all wait, because etcd lives there too.
 */
export class Room {
  readonly #options: RoomOptions;
  #freeBytes: number | undefined;
  #lookedAt = -Infinity;
  #isDiskLow = false;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Bytes free on the disk, asked at most once a second; undefined if it cannot be asked. */
  freeBytes(): number | undefined {
    const now = performance.now();
    if (now - this.#lookedAt < statfsMilliseconds) return this.#freeBytes;
    this.#lookedAt = now;
    try {
      const { bavail, bsize } = statfsSync(this.#options.stateDir);
      this.#freeBytes = bavail * bsize;
    } catch {
      this.#freeBytes = undefined;
    }
    return this.#freeBytes;
  }

  /** Why reading has to wait. `comingBytes` are compressed and about to become durable. */
  pausedBy(meter: SourceMeter, comingBytes = 0): 'spool' | 'disk' | undefined {
    const share = this.#options.spoolBytesMax / this.#options.sources;
    const limit = meter.paused?.reason === 'spool' ? share * (1 - spareShare) : share;
    if (meter.waitingBytes + comingBytes >= limit) return 'spool';
    return this.#isLow(comingBytes, meter.waitingBytes > 0) ? 'disk' : undefined;
  }

  /** With nothing left to ship there is no more room to come: then the floor alone counts, or reading might never go on. */
  #isLow(comingBytes: number, isWaiting: boolean): boolean {
    const { freeBytesMin, reusableBytes } = this.#options;
    const limit = this.#isDiskLow && isWaiting ? freeBytesMin * (1 + spareShare) : freeBytesMin;
    // The spool itself may have taken the disk to its floor. Its file does not shrink when Elasticsearch is back, but what
    // was shipped makes room in it: without counting that, reading would never go on.
    const room = (this.freeBytes() ?? Infinity) + reusableBytes();
    // Written twice: to the write-ahead log, then to the database.
    this.#isDiskLow = room - 2 * comingBytes < limit;
    return this.#isDiskLow;
  }
}
