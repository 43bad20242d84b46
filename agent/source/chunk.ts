/**
 * A file's identity (docs/seal-format.md §2): hex SHA-256 of its first min(1024, first line with its newline)
 * uncompressed bytes, `#`, and an ordinal from 0 that tells apart files that begin alike.
 */
export type FileId = string;

/** A place in a file. `offset` counts uncompressed bytes. */
export interface FilePosition {
  path: string;
  file: FileId;
  offset: number;
}

/**
 * Why lines are missing, or must be assumed missing:
 * - `unproven`: what follows could not be shown to be the next file of the rotation.
 * - `deleted`: the file that was being read is no longer there in any form.
 * - `truncated`: the file was cut or written anew in place.
 * - `corrupt`: the rest of a compressed backup cannot be decompressed.
 */
export type GapReason = 'unproven' | 'deleted' | 'truncated' | 'corrupt';

/** Where the bytes of a line beyond `lineBytesMax` go while it is read: nobody holds the whole. */
export interface LongLineSink {
  /** Takes the next bytes of the line, never its newline. They are valid only during the call. */
  write(bytes: Buffer): void;
}

/**
 * Whole lines in file order, each with its newline. Only a rotated file's last piece may lack one; it comes as a
 * chunk of its own. `bytes` is valid until the next `read()`. `after` is the file before this one in the rotation,
 * present on every chunk of a file whose succession was proven.
 */
export interface LinesChunk {
  kind: 'lines';
  path: string;
  file: FileId;
  after?: FileId;
  start: number;
  end: number;
  bytes: Buffer;
}

/**
 * One line of more than `lineBytesMax` bytes. `line` is the object that `longLine()` made, with everything written
 * to it; `lineBytes` is the length without the newline, so `end - start` is one more if the line had one.
 */
export interface LongChunk<L extends LongLineSink = LongLineSink> {
  kind: 'long';
  path: string;
  file: FileId;
  after?: FileId;
  start: number;
  end: number;
  lineBytes: number;
  line: L;
}

/** A rotated file was read to its end, `offset`. */
export interface EndedChunk {
  kind: 'ended';
  path: string;
  file: FileId;
  offset: number;
}

/**
 * Comes before the first chunk that follows the gap. `after` is where reading goes on; it is absent for `corrupt`,
 * which ends its file. `bytesMin` is the least number of uncompressed bytes missing, where that is known.
 */
export interface GapChunk {
  kind: 'gap';
  reason: GapReason;
  before?: FilePosition;
  after?: FilePosition;
  bytesMin?: number;
}

export type Chunk<L extends LongLineSink = LongLineSink> = LinesChunk | LongChunk<L> | EndedChunk | GapChunk;
