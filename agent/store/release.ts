import { isMarkedAsUntransferable } from 'node:worker_threads';

/**
 * Gives the memory of bytes back now. Left to the garbage collector, megabytes a second of buffers that are long done with
 * pile up until it runs, and make it run over the whole heap again and again. The bytes must be nobody's any more, and
 * alone in their buffer: afterwards it is empty. Small Buffers share one of Node's, which is marked and stays.
 */
export function release(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer)) buffer.transfer(0);
}
