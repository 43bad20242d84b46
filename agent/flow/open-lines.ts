import { z } from 'zod';

const openLine = z.object({
  stream: z.string(),
  path: z.string(),
  file: z.string(),
  offset: z.number(),
  content: z.string(),
});

export const openLines = z.array(openLine);

/** A line of which parts were read and the last was not: `content` is base64 of those, `offset` that of the first. */
export type OpenLine = z.infer<typeof openLine>;

/** Where the first part lies. */
type Spot = Pick<OpenLine, 'path' | 'file' | 'offset'>;

interface Open extends Spot {
  pieces: Buffer[];
  bytes: number;
}

/** Lines that a container runtime has split, by the stream that their parts are of. They are stored with each batch: it has read them. */
export class OpenLines {
  readonly #bytesMax: number;
  readonly #lines = new Map<string, Open>();

  /** @param bytesMax of all of them; what is longer is no event that a document could hold */
  constructor(bytesMax: number, restored: readonly OpenLine[]) {
    this.#bytesMax = bytesMax;
    for (const { stream, content, ...spot } of restored)
      this.add(stream, Buffer.from(content, 'base64'), spot);
  }

  /** Whether there is room for a part. */
  hasRoomFor(part: Buffer): boolean {
    const open = [...this.#lines.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    return open + part.length <= this.#bytesMax;
  }

  /** Keeps a copy of a part. `spot` counts where it is the first. */
  add(stream: string, part: Buffer, spot: Spot): void {
    const open = this.#lines.get(stream) ?? { ...spot, pieces: [], bytes: 0 };
    open.pieces.push(Buffer.from(part));
    open.bytes += part.length;
    this.#lines.set(stream, open);
  }

  /** The parts of a stream that were read, which it then no longer holds. */
  take(stream: string): (Spot & { content: Buffer }) | undefined {
    const open = this.#lines.get(stream);
    if (!open) return undefined;
    this.#lines.delete(stream);
    const { pieces, bytes: _bytes, ...spot } = open;
    return { ...spot, content: Buffer.concat(pieces) };
  }

  get streams(): string[] {
    return [...this.#lines.keys()];
  }

  list(): OpenLine[] {
    return [...this.#lines].map(([stream, { pieces, path, file, offset }]) => ({
      stream,
      path,
      file,
      offset,
      content: Buffer.concat(pieces).toString('base64'),
    }));
  }
}
