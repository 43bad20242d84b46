import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Stream } from '../../verify/index.ts';

/** A garbage collection takes 20 ms, since little is alive; reading this many bytes takes ten times as long. */
const garbageBytesMax = 24 * 1024 * 1024;

/** Garbage for each byte that is read: a record is parsed, rebuilt and compared, an event is only hashed. */
const garbageBytesPerByte: Record<Stream, number> = { records: 8, events: 1 };

/**
 * Keeps resident memory from growing with the number of events. Nothing is held for long, but V8 collects buffers that have
 * become garbage only when there are 64 MB of them.
 */
export class MemoryKeeper {
  readonly #collect: () => void;
  #garbageBytes = 0;

  constructor() {
    // A larger young generation gains nothing here. V8 has started, so its size is set already; its growth is not.
    setFlagsFromString('--semi-space-growth-factor=1');
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
  }

  /** Counts a document that was read, and collects garbage when there may be much. */
  read(stream: Stream, bytes: number): void {
    this.#garbageBytes += bytes * garbageBytesPerByte[stream];
    if (this.#garbageBytes < garbageBytesMax) return;
    this.#garbageBytes = 0;
    this.#collect();
  }
}
