import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { messageOf } from '../error.ts';
import { InputError } from './error.ts';

const kibibytes = 1024;
const mebibytes = 1024 * kibibytes;

/** What a file of a kind may have in bytes: the greatest that is in use anywhere, with room to spare. */
export const fileBytesMax = {
  /** A configuration or a policy; Kubernetes' own audit policies have some ten kibibytes. */
  settings: 256 * kibibytes,
  /** A trust file: 200 bytes a log. */
  trust: 16 * mebibytes,
  /** An API key, a password, a private key, a signed note. */
  secret: 64 * kibibytes,
  /** What `auditseal verify --json` printed: 500 bytes a finding. */
  verdict: 64 * mebibytes,
  /** People of a directory, 500 bytes each; YAML takes ten times as long to parse. */
  people: 64 * mebibytes,
  peopleInYaml: 4 * mebibytes,
  /** Certificates of authorities; the bundle of an operating system has some 200 kibibytes. */
  certificates: 4 * mebibytes,
};

/**
 * The text of a file, which may be a pipe. No more than `bytesMax` bytes are read and held, whatever is there (`/dev/zero`, a
 * log that was named by mistake). A byte order mark is left out. Throws InputError.
 */
export async function readTextFile(file: string, bytesMax: number): Promise<string> {
  return (await readHashedTextFile(file, bytesMax)).text;
}

/** As {@link readTextFile}, with the hex SHA-256 of the bytes that were read. */
export async function readHashedTextFile(
  file: string,
  bytesMax: number,
): Promise<{ text: string; sha256: string }> {
  const bytes = await readBytes(createReadStream(file, { end: bytesMax }));
  return { text: textOf(bytes, bytesMax), sha256: hash('sha256', bytes) };
}

/** The text of a stream, as {@link readTextFile}. Throws InputError. */
export async function readTextStream(stream: AsyncIterable<Buffer>, bytesMax: number): Promise<string> {
  return textOf(await readBytes(firstBytes(stream, bytesMax)), bytesMax);
}

async function readBytes(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  try {
    return await buffer(stream);
  } catch (cause) {
    const errno = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const code = errno === 'ENOENT' || errno === 'ENOTDIR' ? 'absent' : 'unreadable';
    throw new InputError(code, `cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Ends after the chunk that has too much. */
async function* firstBytes(stream: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream) {
    yield chunk;
    bytes += chunk.length;
    if (bytes > bytesMax) return;
  }
}

function textOf(bytes: Buffer, bytesMax: number): string {
  if (bytes.length > bytesMax)
    throw new InputError(
      'too-large',
      `has more than ${bytesMax / kibibytes} KiB, which none of its kind has`,
    );
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError('not-text', 'is not text in UTF-8', { cause });
  }
}
