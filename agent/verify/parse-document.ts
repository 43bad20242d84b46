import { parseBounded } from '../json/index.ts';

/**
 * The limits of docs/seal-format.md §8.1. A record of 10,000 events, the most that a batch has, is 0.5 MB and has some hundred values:
 * far below these. 200,000 values are at most 20 MB parsed.
 */
const bytesMax = 16 * 1024 * 1024;
const valuesMax = 200_000;

/**
 * A document, or JSON in one, that anybody may have written, parsed; undefined if it is not JSON, or more than anything of ours:
 * then it counts as saying nothing, and is judged by its `_id` alone. So no document makes a verification take more memory
 * than docs/operations.md says.
 */
export function parseDocument(bytes: Buffer): unknown {
  return parseBounded(bytes, { bytesMax, valuesMax });
}
