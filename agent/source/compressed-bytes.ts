import type { FileHandle } from 'node:fs/promises';
import { once } from 'node:events';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import type { Gunzip, ZstdDecompress } from 'node:zlib';
import { SourceError } from './error.ts';

/** Compressed bytes that are handed over at once. */
const pieceBytes = 16 * 1024;
const outputBytes = 128 * 1024;
/** Decompressed bytes that wait to be taken; then the decompressor waits. 4 bytes of Zstandard can hold 128 KiB. */
const heldBytesMax = 1024 * 1024;
/** RFC 8878, 3.1.1. */
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** How far back a file may ask to look: 8 MiB of memory, which every level but those of `--ultra` and `--long` keeps to. */
const zstdWindowLogMax = 23;

/** Where decompression stopped: at this compressed position, or because the file ends too early. */
class Damage extends Error {
  readonly position: number;
  readonly atEnd: boolean;

  constructor(position: number, atEnd: boolean, cause: Error) {
    super(`compressed data ${atEnd ? 'ends too early' : 'is damaged'} at byte ${position}`, { cause });
    this.position = position;
    this.atEnd = atEnd;
  }
}

/**
 * The decompressed bytes of a gzip file (all members) or a Zstandard file, piece by piece. From the compressed position
 * `slowFrom` on it goes byte by byte: the library throws away what the failing call had already decoded, so this is how
 * everything before a damaged byte is had.
 */
async function* decompressed(handle: FileHandle, slowFrom: number): AsyncGenerator<Buffer> {
  const decompressor = await decompressorOf(handle);
  const output: Buffer[] = [];
  let held = 0;
  let full = Promise.withResolvers<void>();
  let position = 0;
  let failure: Error | undefined;
  decompressor.on('data', (bytes: Buffer) => {
    output.push(bytes);
    held += bytes.length;
    if (held < heldBytesMax) return;
    decompressor.pause();
    full.resolve();
  });
  decompressor.on('error', (error) => (failure = error));
  const closed = once(decompressor, 'close').catch(() => undefined);
  const until = async function* (work: Promise<unknown>): AsyncGenerator<Buffer> {
    // A stream that fails inside a write may never call back; it does close.
    const done = Promise.race([work, closed]).then(() => 'done' as const);
    for (;;) {
      const end = await Promise.race([done, full.promise]);
      yield* output.splice(0);
      if (end === 'done') return;
      held = 0;
      full = Promise.withResolvers();
      decompressor.resume();
    }
  };
  const input = Buffer.alloc(pieceBytes);
  try {
    for (;;) {
      const length = position >= slowFrom ? 1 : Math.min(pieceBytes, slowFrom - position);
      const { bytesRead } = await handle.read(input, 0, length, position);
      if (bytesRead === 0) break;
      yield* until(
        new Promise<void>((resolve) => decompressor.write(input.subarray(0, bytesRead), () => resolve())),
      );
      if (failure) throw new Damage(position, false, failure);
      position += bytesRead;
    }
    decompressor.end();
    yield* until(closed);
    if (failure) throw new Damage(position, true, failure);
  } finally {
    decompressor.destroy();
  }
}

/** By what the file begins with, not by its name, which somebody else gave it. */
async function decompressorOf(handle: FileHandle): Promise<Gunzip | ZstdDecompress> {
  const begin = Buffer.alloc(zstdMagic.length);
  await handle.read(begin, 0, begin.length, 0);
  if (!begin.equals(zstdMagic)) return createGunzip({ chunkSize: outputBytes });
  const params = { [constants.ZSTD_d_windowLogMax]: zstdWindowLogMax };
  return createZstdDecompress({ chunkSize: outputBytes, params });
}

/** A compressed file read by uncompressed position: forward by streaming, backward by starting again. */
export class CompressedBytes {
  readonly #handle: FileHandle;
  #stream: AsyncGenerator<Buffer> | undefined;
  #piece: Buffer = Buffer.alloc(0);
  /** The uncompressed position of the piece's first byte. */
  #position = 0;
  #slowFrom = Infinity;
  #failure: SourceError | undefined;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async readAt(position: number, target: Buffer, at: number, length: number): Promise<number> {
    if (!this.#stream || position < this.#position) await this.#restart();
    while (this.#position + this.#piece.length <= position) {
      if (!(await this.#advance())) return 0;
    }
    const skip = position - this.#position;
    const count = Math.min(length, this.#piece.length - skip);
    this.#piece.copy(target, at, skip, skip + count);
    this.#piece = this.#piece.subarray(skip + count);
    this.#position = position + count;
    return count;
  }

  async close(): Promise<void> {
    await this.#stream?.return(undefined);
  }

  async #restart(): Promise<void> {
    await this.close();
    this.#stream = decompressed(this.#handle, this.#slowFrom);
    this.#piece = Buffer.alloc(0);
    this.#position = 0;
    this.#failure = undefined;
  }

  async #advance(): Promise<boolean> {
    if (this.#failure) throw this.#failure;
    const delivered = this.#position + this.#piece.length;
    this.#position = delivered;
    this.#piece = Buffer.alloc(0);
    try {
      const next = await this.#stream?.next();
      if (!next || next.done) return false;
      this.#piece = next.value;
      return true;
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      if (!error.atEnd && this.#slowFrom === Infinity) {
        this.#slowFrom = error.position;
        await this.#restart();
        return await this.#skipTo(delivered);
      }
      this.#failure = new SourceError('corrupt', error.message, { cause: error });
      throw this.#failure;
    }
  }

  /** Decompresses again up to where it was. */
  async #skipTo(position: number): Promise<boolean> {
    while (this.#position + this.#piece.length <= position) {
      if (!(await this.#advance())) return false;
    }
    this.#piece = this.#piece.subarray(position - this.#position);
    this.#position = position;
    return true;
  }
}
