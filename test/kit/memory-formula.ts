const mebibyte = 1024 * 1024;

/** The keys of the configuration that it depends on, and their defaults. */
export interface Limits {
  batchBytesMax?: number;
  entryBytesMax?: number;
  sources?: number;
}

/** The most bytes that the agent needs resident: docs/operations.md, "Memory", line for line. */
export function residentBytesMax(limits: Limits = {}): number {
  const { batchBytesMax = 4 * mebibyte, entryBytesMax = 8 * mebibyte, sources = 1 } = limits;
  const batches = 2 * (batchBytesMax + entryBytesMax);
  const uncommitted = 2 * (16 * mebibyte + batchBytesMax);
  const reading = 1.5 * (entryBytesMax + mebibyte) + 2 * mebibyte;
  const longLine = 4 * entryBytesMax;
  const shipping = 2 * (batchBytesMax + entryBytesMax);
  return 192 * mebibyte + sources * (batches + uncommitted + reading + longLine + shipping);
}

/** The same of `verify` and `who`, where the largest document in the streams has so many bytes; `readers` is `--parallel`. */
export function readerBytesMax(documentBytes: number, readers = 1): number {
  const more = (readers - 1) * 32 * mebibyte;
  return 192 * mebibyte + more + readers * 3 * Math.min(documentBytes, 128 * mebibyte);
}

/** The most bytes that `who` needs resident, however long the names in the stream are. */
export const whoBytesMax = 768 * mebibyte;
