import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Stream } from '../../verify/index.ts';

/** A collection of the little that lives costs 20 ms; reading this much takes ten times as long. */
const garbageBytesMax = 24 * 1024 * 1024;

/** A record is parsed, rebuilt and compared; an event is only hashed. */
const garbageBytesPerByte: Record<Stream, number> = { records: 8, events: 1 };

/**
 * Keeps resident memory from growing with the number of events. Nothing is held for long, but V8 lets buffers that have
 * become garbage lie until 64 MB of them are there.
 */
export class MemoryKeeper {
  readonly #collect: () => void;
  #garbageBytes = 0;

  constructor() {
    // A young generation that grows gives nothing here, and its size can no longer be set: only its growth can.
    setFlagsFromString('--semi-space-growth-factor=1');
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
  }

  /** Call with the length of every document that was read. */
  read(stream: Stream, bytes: number): void {
    this.#garbageBytes += bytes * garbageBytesPerByte[stream];
    if (this.#garbageBytes < garbageBytesMax) return;
    this.#garbageBytes = 0;
    this.#collect();
  }
}
