import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { isAbsent, SourceError } from './error.ts';
import { CompressedBytes } from './compressed-bytes.ts';
import { fileStat, isSameInode } from './stat.ts';
import type { FileStat } from './stat.ts';

/** A file held open: its bytes stay readable through any rename or deletion. Positions are uncompressed. */
export interface OpenFile {
  readonly compressed: boolean;
  stat(): Promise<FileStat>;
  /**
   * Reads up to `length` bytes at `position` into `target` at `at`; 0 at the end.
   * @throws SourceError `corrupt` where a compressed file cannot be read any further.
   */
  readAt(position: number, target: Buffer, at: number, length: number): Promise<number>;
  close(): Promise<void>;
}

class PlainFile implements OpenFile {
  readonly compressed: boolean = false;
  readonly #handle: FileHandle;
  readonly #close: () => Promise<void>;

  constructor(handle: FileHandle, close: () => Promise<void>) {
    this.#handle = handle;
    this.#close = close;
  }

  async stat(): Promise<FileStat> {
    return fileStat(await this.#handle.stat({ bigint: true }));
  }

  async readAt(position: number, target: Buffer, at: number, length: number): Promise<number> {
    return (await this.#handle.read(target, at, length, position)).bytesRead;
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

class CompressedFile extends PlainFile {
  override readonly compressed = true;
  readonly #bytes: CompressedBytes;

  constructor(handle: FileHandle, close: () => Promise<void>) {
    super(handle, close);
    this.#bytes = new CompressedBytes(handle);
  }

  override readAt(position: number, target: Buffer, at: number, length: number): Promise<number> {
    return this.#bytes.readAt(position, target, at, length);
  }

  override async close(): Promise<void> {
    await this.#bytes.close();
    await super.close();
  }
}

/**
 * Opens what a listing showed, or answers undefined if the path leads elsewhere by now.
 * O_NONBLOCK, because a FIFO put in the file's place would otherwise block the open for ever.
 * @throws file system errors
 */
export async function openHandle(path: string, stat: FileStat): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  const stats = await handle.stat({ bigint: true });
  if (stats.isFile() && isSameInode(fileStat(stats), stat)) return handle;
  await handle.close();
  return undefined;
}

/** A reader on a descriptor; `close` is called once. */
export function fileOn(handle: FileHandle, compressed: boolean, close: () => Promise<void>): OpenFile {
  return compressed ? new CompressedFile(handle, close) : new PlainFile(handle, close);
}

/** What could be read of a stretch; `corrupt` if a compressed file ended before it should. */
export interface Stretch {
  bytes: Buffer;
  corrupt: boolean;
}

/** Reads the stretch `start` to `end`, shorter where the file ends. */
export async function readStretch(file: OpenFile, start: number, end: number): Promise<Stretch> {
  const bytes = Buffer.alloc(end - start);
  let filled = 0;
  try {
    while (filled < bytes.length) {
      const read = await file.readAt(start + filled, bytes, filled, bytes.length - filled);
      if (read === 0) break;
      filled += read;
    }
  } catch (error) {
    if (!(error instanceof SourceError && error.code === 'corrupt')) throw error;
    return { bytes: bytes.subarray(0, filled), corrupt: true };
  }
  return { bytes: bytes.subarray(0, filled), corrupt: false };
}
