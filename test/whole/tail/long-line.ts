import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const blockBytes = 1024 * 1024;
const depth = 10_000;

/**
 * - `quotes`: an event whose body is one string of escaped quotes and what looks like the event's own end.
 * - `deep`: an event whose body nests 10,000 deep around such a string.
 * - `text`: no JSON, with control characters and bytes that are not UTF-8.
 */
export type LongKind = 'quotes' | 'deep' | 'text';

export interface LongLine {
  kind: LongKind;
  /** Where it begins in its file. */
  offset: number;
  /** Without its newline. */
  bytes: number;
  sha256: Buffer;
  /** The event without its body; of a text nothing. */
  rest: Record<string, unknown> | undefined;
}

const escaped = String.raw`\"},\"requestReceivedTimestamp\":\"2026-11-23T01:06:03.433599Z\"}{\"kind\":\"Event\",\\`;

const startOf = (auditId: string) =>
  `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"${auditId}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/lab/configmaps/a","verb":"patch","user":{"username":"alice"},"sourceIPs":["127.0.0.1"]`;
const end = `,"requestReceivedTimestamp":"2026-11-23T01:06:03.433599Z","stageTimestamp":"2026-11-23T01:06:03.433599Z"}`;

interface Parts {
  head: string;
  unit: string;
  tail: string;
}

const parts: Record<LongKind, (auditId: string) => Parts> = {
  quotes: (auditId) => ({
    head: `${startOf(auditId)},"requestObject":{"data":"`,
    unit: escaped,
    tail: `"}${end}`,
  }),
  deep: (auditId) => ({
    head: `${startOf(auditId)},"requestObject":${'['.repeat(depth)}"`,
    unit: `${escaped}${'}'.repeat(20)}`,
    tail: `"${']'.repeat(depth)}${end}`,
  }),
  text: (auditId) => ({
    head: `no JSON ${auditId} `,
    unit: 'a \x01 control and \xff\xfe bytes, ',
    tail: 'end',
  }),
};

/** Appends a line of about `bytes` bytes to a file, a mebibyte at a time: nobody holds it, and its newline comes last. */
export async function appendLongLine(
  path: string,
  kind: LongKind,
  bytes: number,
  auditId: string,
): Promise<LongLine> {
  const { head, unit, tail } = parts[kind](auditId);
  const block = Buffer.from(unit.repeat(Math.ceil(blockBytes / unit.length)), 'latin1');
  await using file = await open(path, 'a');
  const { size: offset } = await file.stat();
  const hash = createHash('sha256');
  let written = 0;
  const append = async (piece: Buffer) => {
    hash.update(piece);
    written += piece.length;
    await file.appendFile(piece);
  };
  await append(Buffer.from(head, 'latin1'));
  for (let left = bytes - head.length - tail.length; left > 0; left -= block.length) {
    // Whole units, so that no escape is cut.
    const length = Math.min(block.length, Math.ceil(left / unit.length) * unit.length);
    await append(block.subarray(0, length));
  }
  await append(Buffer.from(tail, 'latin1'));
  await file.appendFile('\n');
  const rest = kind === 'text' ? undefined : (JSON.parse(startOf(auditId) + end) as Record<string, unknown>);
  return { kind, offset, bytes: written, sha256: hash.digest(), rest };
}
