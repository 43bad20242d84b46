/**
 * The text of an answer, of at most `bytesMax` bytes: a hostile or broken server must not fill the memory. Throws RangeError
 * beyond, TypeError on what is no stream of bytes, and what the stream throws.
 */
export async function readText(stream: AsyncIterable<unknown>, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('the transport gave no bytes');
    bytes += chunk.length;
    if (bytes > bytesMax) throw new RangeError(`the answer is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}
