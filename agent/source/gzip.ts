import type { FileHandle } from 'node:fs/promises';
import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import { SourceError } from './error.ts';

/**
 * Compressed bytes decompressed at once. Deflate expands at most 1,032 times, so a hostile backup holds at most
 * 17 MiB of memory; an audit log expands 10 to 20 times.
 */
const pieceBytes = 16 * 1024;
const outputBytes = 128 * 1024;

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
 * The decompressed bytes of a gzip file, all members, piece by piece. From the compressed position `slowFrom` on it
 * goes byte by byte: zlib throws away what the failing call had already decoded, so this is how everything before
 * a damaged byte is had.
 */
async function* decompressed(handle: FileHandle, slowFrom: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: outputBytes });
  const output: Buffer[] = [];
  let position = 0;
  let failure: Error | undefined;
  gunzip.on('data', (bytes: Buffer) => output.push(bytes));
  gunzip.on('error', (error) => (failure = error));
  const closed = once(gunzip, 'close').catch(() => undefined);
  const input = Buffer.alloc(pieceBytes);
  try {
    for (;;) {
      const length = position >= slowFrom ? 1 : Math.min(pieceBytes, slowFrom - position);
      const { bytesRead } = await handle.read(input, 0, length, position);
      if (bytesRead === 0) break;
      const written = new Promise<void>((resolve) =>
        gunzip.write(input.subarray(0, bytesRead), () => resolve()),
      );
      // A stream that fails inside a write may never call back; it does close.
      await Promise.race([written, closed]);
      yield* output.splice(0);
      if (failure) throw new Damage(position, false, failure);
      position += bytesRead;
    }
    gunzip.end();
    await closed;
    yield* output.splice(0);
    if (failure) throw new Damage(position, true, failure);
  } finally {
    gunzip.destroy();
  }
}

/** A gzip file read by uncompressed position: forward by streaming, backward by starting again. */
export class GzipBytes {
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
