import { createReadStream } from 'node:fs';

/*
 * What a sink has got, as a file: for each event, in the order of arrival, its length (four bytes, little-endian) and its exact
 * bytes, which may hold anything, newlines included.
 */

const lengthBytes = 4;

/** One event as it stands in the file. */
export function encodeArrival(event: Buffer): Buffer[] {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(event.length);
  return [length, event];
}

/** The events of a file. Throws if it ends within one. */
export async function* readArrivals(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let at = 0;
    while (rest.length - at >= lengthBytes) {
      const end = at + lengthBytes + rest.readUInt32LE(at);
      if (end > rest.length) break;
      yield rest.subarray(at + lengthBytes, end);
      at = end;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0)
    throw new Error(`${path} ends within an event: the sink was ended before it had written all`);
}
