import { expect, test } from 'vitest';
import { LineReader } from '../../../agent/source/lines.ts';
import type { OpenFile } from '../../../agent/source/open-file.ts';

/** A file of one line without end, made as it is read: nobody holds it. */
function endlessLine(bytes: number): OpenFile {
  return {
    compressed: false,
    stat: () => Promise.reject(new Error('not asked for')),
    readAt: (position, target, at, length) => {
      const count = Math.min(length, bytes - position);
      target.fill('x', at, at + count);
      if (position + count === bytes) target[at + count - 1] = 10;
      return Promise.resolve(count);
    },
    close: () => Promise.resolve(),
  };
}

function fileOf(text: string): OpenFile {
  return {
    ...endlessLine(0),
    readAt: (position, target, at, length) =>
      Promise.resolve(Buffer.from(text).copy(target, at, position, position + length)),
  };
}

class Counted {
  bytes = 0;
  largest = 0;
  write(part: Buffer): void {
    this.bytes += part.length;
    this.largest = Math.max(this.largest, part.length);
  }
}

async function readAll(file: OpenFile, lineBytesMax: number, chunkBytesMax: number) {
  const lines = new LineReader({ lineBytesMax, chunkBytesMax }, () => new Counted());
  lines.open(file, 0, Buffer.alloc(0));
  const cuts: {
    kind: string;
    text?: string;
    lineBytes?: number;
    sink?: Counted;
    start: number;
    end: number;
  }[] = [];
  for (;;) {
    const cut = await lines.next();
    if (!cut || cut.kind === 'changed') return cuts;
    const { kind, start, end } = cut;
    if (cut.kind === 'lines') cuts.push({ kind, start, end, text: cut.bytes.toString() });
    else cuts.push({ kind, start, end, lineBytes: cut.lineBytes, sink: cut.line });
  }
}

test.for([1, 2, 3, 7, 64, 1000])(
  'with reads of %s bytes, exactly the lines beyond the limit are long',
  async (chunkBytesMax) => {
    const lengths = [0, 9, 10, 11, 10, 25, 0, 11, 1, 300, 10];
    const text = lengths.map((length) => `${'abcdefghij'.repeat(30).slice(0, length)}\n`).join('');
    const cuts = await readAll(fileOf(text), 10, chunkBytesMax);
    expect(
      cuts.filter(({ kind }) => kind === 'long').map(({ lineBytes, sink }) => [lineBytes, sink?.bytes]),
    ).toEqual([
      [11, 11],
      [25, 25],
      [11, 11],
      [300, 300],
    ]);
    let position = 0;
    for (const { kind, start, end, text: lines } of cuts) {
      expect(start).toBe(position);
      if (kind === 'lines') expect(lines).toBe(text.slice(start, end));
      position = end;
    }
    expect(position).toBe(text.length);
  },
);

/** CPU seconds to read one line of that many bytes, newline included. */
async function seconds(bytes: number): Promise<number> {
  const started = process.cpuUsage();
  const [cut] = await readAll(endlessLine(bytes), 2 ** 23, 2 ** 20);
  expect(cut).toMatchObject({ kind: 'long', lineBytes: bytes - 1, end: bytes });
  expect(cut?.sink?.bytes).toBe(bytes - 1);
  expect(cut?.sink?.largest).toBeLessThanOrEqual(2 ** 23 + 2 ** 20);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

test('a line of 300 MB goes through the sink in pieces of one read, in time linear to its length', async () => {
  await seconds(30_000_000);
  const before = process.memoryUsage().arrayBuffers;
  const small = await seconds(30_000_000);
  const large = await seconds(300_000_000);
  expect(large).toBeLessThan(30 * small + 0.5);
  // Two sizes of the buffer at most: what it grew from and what it grew to.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * (2 ** 23 + 2 ** 20));
});
