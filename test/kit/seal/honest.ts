import { expect } from 'vitest';
import type { TrustFile } from '../../../agent/trust/index.ts';
import type { Finding, StoredDocument, Summary } from '../../../agent/verify/index.ts';
import { LogWriter } from './log.ts';
import type { Written } from './log.ts';
import { verify } from './streams.ts';

export const epoch1 = '20261123T004438Z';
export const secondEpoch = '20261123T014438Z';

/** Two epochs with a marker, a heartbeat and a refused event: what an honest log may hold. */
export function honest(): { written: Written; writer: LogWriter; trust: TrustFile } {
  const writer = new LogWriter();
  const { vkey, name } = writer;
  writer.marker(1);
  writer.batch({ events: 4, dropped: 2, notices: [{ kind: 'start', at: writer.now.toISOString() }] });
  writer.batch({ events: 3, refused: [1] });
  writer.heartbeat();
  writer.batch({ events: 2 });
  writer.turn(secondEpoch);
  writer.batch({ events: 3 });
  return {
    written: writer.written,
    writer,
    trust: { v: 1, logs: [{ ...name, vkey }], operators: [], erasers: [] },
  };
}

/** A finding in short: `finding epoch batch` or `finding epoch #index`. */
export function words(findings: readonly Finding[]): string[] {
  return findings.map(({ finding, origin, index, batch }) =>
    [finding, origin?.split('/').at(-1), index === undefined ? (batch ?? '') : `#${index}`].join(' ').trim(),
  );
}

export async function wordsOf(
  written: Written,
  writer: LogWriter,
  trust?: TrustFile,
  now?: Date,
): Promise<{ words: string[]; summary: Summary }> {
  const { findings, summary } = await verify(written, { now: now ?? writer.now, trust });
  return { words: words(findings), summary };
}

export function event(written: Written, index: number, epoch = epoch1): StoredDocument {
  return written.events.find(
    ({ source }) => source.includes(`"sequence":${index}}`) && source.includes(`/${epoch}"`),
  )!;
}

export function record(written: Written, batch: number, epoch = epoch1): StoredDocument {
  return written.records.find(
    ({ source }) => source.includes(`"batch":${batch},"size"`) && source.includes(`/${epoch}"`),
  )!;
}

export function replace(document: StoredDocument, from: string, to: string): void {
  const text = document.source.toString();
  expect(text).toContain(from);
  document.source = Buffer.from(text.replace(from, to));
}

export function remove(list: StoredDocument[], document: StoredDocument): void {
  expect(list).toContain(document);
  list.splice(list.indexOf(document), 1);
}
