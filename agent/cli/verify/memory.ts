import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Stream } from '../../verify/index.ts';

/** A collection of what is young takes some milliseconds, since next to nothing of it is alive: less than a tenth of reading so much. */
const garbageBytesMax = 16 * 1024 * 1024;

/** One of everything marks what the code itself is, which takes as long as to read 50 MB. A little of what was read grows old by chance. */
const youngInARow = 15;

/** Garbage for each byte that is read: a record is parsed, rebuilt and compared, an event is only hashed. */
const garbageBytesPerByte: Record<Stream, number> = { records: 8, events: 1 };

/** V8's `gc`: of what is young alone, or of everything. */
type Collect = (options: { type: 'minor' | 'major' }) => void;

/**
 * Keeps resident memory from growing with the number of events. Nothing is held for long, but V8 collects buffers that have
 * become garbage only when there are 64 MB of them.
 */
export class MemoryKeeper {
  readonly #collect: Collect;
  #garbageBytes = 0;
  #collections = 0;

  constructor() {
    // A larger young generation gains nothing here. V8 has started, so its size is set already; its growth is not.
    setFlagsFromString('--semi-space-growth-factor=1');
    setFlagsFromString('--heap-growing-percent=200');
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as Collect;
  }

  /** Counts a document that was read, and collects garbage when there may be much. */
  read(stream: Stream, bytes: number): void {
    this.#garbageBytes += bytes * garbageBytesPerByte[stream];
    if (this.#garbageBytes < garbageBytesMax) return;
    this.#garbageBytes = 0;
    this.#collections += 1;
    this.#collect({ type: this.#collections % (youngInARow + 1) === 0 ? 'major' : 'minor' });
  }
}
