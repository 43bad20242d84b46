import { expect } from 'vitest';
import { parseTailState, Source } from '../../../agent/source/index.ts';
import type { Chunk, GapChunk, SourceOptions, TailState } from '../../../agent/source/index.ts';

/** A sink that keeps the line: tests may hold what the agent must not. */
export class KeptLine {
  readonly parts: Buffer[] = [];

  write(bytes: Buffer): void {
    this.parts.push(Buffer.from(bytes));
  }
}

/** What a source gave: the text in order, and everything that is not lines. */
export interface Reading {
  text: string;
  gaps: GapChunk[];
  /** The length of the text before each gap. */
  gapsAt: number[];
  ended: string[];
  /** The chunks without their bytes. */
  chunks: Omit<Chunk<KeptLine>, 'bytes' | 'line'>[];
  told: string[];
}

type Options = Partial<SourceOptions<KeptLine>>;

/** A source over a folder, with everything it gave so far. */
export class Reader {
  readonly reading: Reading = { text: '', gaps: [], gapsAt: [], ended: [], chunks: [], told: [] };
  source: Source<KeptLine>;
  /** Whether the last read gave a chunk, so that a state inside it can be asked for. */
  fresh = false;
  readonly #path: string;
  readonly #options: Options;

  constructor(path: string, options: Options = {}) {
    this.#path = path;
    this.#options = options;
    this.source = this.#make(options.state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.close();
  }

  /** Reads until nothing is new, at most `limit` chunks. */
  async drain(limit = Infinity): Promise<Reading> {
    for (let count = 0; count < limit; count++) {
      const chunk = await this.source.read();
      this.fresh = chunk !== undefined;
      if (!chunk) break;
      this.#take(chunk);
    }
    return this.reading;
  }

  /** Ends this source as a kill would, and starts another from what was saved. */
  async restart(state: TailState): Promise<void> {
    await this.source.close();
    this.reading.chunks.length = 0;
    this.source = this.#make(parseTailState(JSON.parse(JSON.stringify(state))));
  }

  /** The state after the last chunk. */
  get state(): TailState {
    return this.source.stateAt(endOf(this.reading.chunks.at(-1)));
  }

  /** The last chunk, if it was lines. */
  get last(): { kind: string; start: number; end: number } | undefined {
    const chunk = this.reading.chunks.at(-1);
    if (!chunk || !('start' in chunk && 'end' in chunk)) return undefined;
    return { kind: chunk.kind, start: Number(chunk.start), end: Number(chunk.end) };
  }

  #make(state: TailState | undefined): Source<KeptLine> {
    return new Source({
      path: this.#path,
      lineBytesMax: 64 * 1024,
      pollMilliseconds: 5,
      watch: false,
      longLine: () => new KeptLine(),
      onMessage: (_level, message) => this.reading.told.push(message),
      ...this.#options,
      ...(state && { state }),
    });
  }

  #take(chunk: Chunk<KeptLine>): void {
    const { chunks, gaps, ended } = this.reading;
    assertJoins(chunks.at(-1), chunk, this.reading.text);
    this.reading.text += textOf(chunk);
    if (chunk.kind === 'gap') {
      gaps.push(chunk);
      this.reading.gapsAt.push(this.reading.text.length);
    }
    if (chunk.kind === 'ended') ended.push(chunk.file);
    if (chunk.kind === 'lines') {
      const { bytes: _bytes, ...rest } = chunk;
      chunks.push(rest);
    } else if (chunk.kind === 'long') {
      const { line: _line, ...rest } = chunk;
      chunks.push(rest);
    } else chunks.push(chunk);
  }
}

/** Chunks of one file join, and only a file's last piece may lack a newline. */
function assertJoins(
  last: Omit<Chunk<KeptLine>, 'bytes' | 'line'> | undefined,
  chunk: Chunk<KeptLine>,
  text: string,
): void {
  if (!last || !('start' in chunk) || !('end' in last && 'file' in last)) return;
  expect({ file: chunk.file, start: chunk.start, newline: text.endsWith('\n') }).toEqual({
    file: last.file,
    start: last.end,
    newline: true,
  });
}

/** The exact text of a chunk; latin1, so that every byte is one character. */
export function textOf(chunk: Chunk<KeptLine>): string {
  if (chunk.kind === 'lines') return chunk.bytes.toString('latin1');
  if (chunk.kind !== 'long') return '';
  const newline = chunk.end - chunk.start > chunk.lineBytes ? '\n' : '';
  return Buffer.concat(chunk.line.parts).toString('latin1') + newline;
}

export function endOf(chunk: { kind: string } | undefined): number {
  if (chunk && 'end' in chunk && typeof chunk.end === 'number') return chunk.end;
  return 0;
}
