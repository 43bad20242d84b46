import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { logIdOf } from '../../../agent/seal/index.ts';
import type { TrustFile } from '../../../agent/trust/index.ts';
import type { Written } from '../../kit/seal/log.ts';
import { statements, takenAway } from './statements.ts';
import { GoldenWriter } from './writer.ts';

/** A dump before it is written. */
export interface Scene {
  written: Written;
  trust?: TrustFile;
  now: Date;
}

/** Where the golden vectors lie, a dump as docs/seal-format.md §8.6 says, and how they read. */
export const vectorsFolder = join(import.meta.dirname, 'vectors');

/** The same log with what operators have said of it. */
export const statementsFolder = join(import.meta.dirname, 'statements');

/** Real lines of an audit log, by their number in the fixture. */
const picked = [0, 4, 38, 6, 22, 31, 24, 10, 57, 59];

/**
 * The golden vectors: a start marker, two batches (with a dropped line, a line that is no event, a gap, a refused event
 * and its note), a heartbeat, and a change of epochs. The entries are fixed bytes (entries.jsonl): of a head the format knows
 * only some members, and one more or less of the others changes no vector.
 */
export async function goldenVectors(): Promise<Scene & { trust: TrustFile }> {
  const text = await readFile(join(import.meta.dirname, '../../kit/fixtures/samples.jsonl'));
  const all = text.toString('latin1').split('\n');
  const line = picked.map((number) => Buffer.from(all[number]!, 'latin1'));
  const torn = Buffer.concat([line[0]!.subarray(0, 90), Buffer.of(0xff, 0x00, 0x22)]);
  const sealed = await readFile(join(import.meta.dirname, 'entries.jsonl'));
  const writer = new GoldenWriter(linesOf(sealed));
  const started = writer.start();
  writer.batch({ lines: [line[0]!, line[1]!, line[2]!, torn], dropped: [2], notices: started });
  writer.batch({ lines: [line[3]!, line[4]!, line[5]!], refused: { 0: 'bodies', 1: 'event' }, lost: 4096, ends: true, seconds: 60 });
  writer.batch({ seconds: 15 });
  const notices = writer.turn('20261223T004438Z', { lines: [line[6]!] });
  writer.batch({ lines: [line[7]!, line[8]!], notices });
  writer.batch({ lines: [line[9]!], notices: [writer.stop()] });
  return { written: writer.written, trust: writer.trust, now: writer.now };
}

/**
 * The golden vectors a day later, with statements: the gap is acknowledged, the log is retired, an event was erased, another is
 * past a retention that was shortened; and beside them lies one of each kind that counts for nothing.
 */
export async function goldenStatements(): Promise<Scene & { trust: TrustFile }> {
  const { written, trust, now } = await goldenVectors();
  const { operators, erasers, documents } = statements(now);
  const logId = logIdOf(trust.logs[0]!.vkey);
  const gone = takenAway.map((index) => `${logId}-${String(index).padStart(12, '0')}-`);
  written.events = written.events.filter(({ id }) => !gone.some((start) => id.startsWith(start)));
  written.records.push(...documents);
  return { written, trust: { ...trust, operators, erasers }, now: new Date(now.getTime() + 86_400_000) };
}

/** Each without its newline. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return lines;
}
