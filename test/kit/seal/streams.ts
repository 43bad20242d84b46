import { verifyLogs } from '../../../agent/verify/index.ts';
import type {
  Finding,
  StoredDocument,
  Streams,
  Summary,
  VerifyOptions,
} from '../../../agent/verify/index.ts';
import type { Written } from './log.ts';

/** What Elasticsearch would answer from: both streams in memory, in the order in which it sorts them. */
export function memoryStreams(written: Written): Streams {
  const records = inReadingOrder(written.records, 'batch');
  const events = inReadingOrder(written.events, 'sequence');
  return {
    namespace: written.namespace,
    records: () => inTwos(records),
    events: () => inTwos(events),
    find: (ids) => each(events.filter(({ id }) => ids.includes(id))),
  };
}

/** By origin, missing last, then batch or sequence, missing last. */
export function inReadingOrder(
  documents: readonly StoredDocument[],
  by: 'batch' | 'sequence',
): StoredDocument[] {
  const keyed = documents.map((document) => ({ document, ...sortKey(document.source, by) }));
  keyed.sort((a, b) => compare(a.origin, b.origin) || a.number - b.number);
  return keyed.map(({ document }) => document);
}

/** Every finding, as `finding origin index|batch`, and the summary. */
export async function verify(
  written: Written,
  options: Partial<VerifyOptions> & { now: Date },
): Promise<{ findings: Finding[]; summary: Summary }> {
  const findings: Finding[] = [];
  const judgement = verifyLogs(memoryStreams(written), options);
  for (;;) {
    const next = await judgement.next();
    if (next.done === true) return { findings, summary: next.value };
    findings.push(next.value);
  }
}

function sortKey(source: Buffer, by: 'batch' | 'sequence'): { origin: string | undefined; number: number } {
  try {
    const value = JSON.parse(source.toString()) as {
      event?: { sequence?: unknown };
      auditseal?: { origin?: unknown; batch?: unknown };
    };
    const origin = value.auditseal?.origin;
    const number = by === 'batch' ? value.auditseal?.batch : value.event?.sequence;
    return {
      origin: typeof origin === 'string' ? origin : undefined,
      number: typeof number === 'number' ? number : Infinity,
    };
  } catch {
    return { origin: undefined, number: Infinity };
  }
}

function compare(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  return b === undefined || a < b ? -1 : 1;
}

/** As answers come: some at a time. */
async function* inTwos(documents: readonly StoredDocument[]): AsyncGenerator<Iterable<StoredDocument>> {
  for (let at = 0; at < documents.length; at += 2) yield documents.slice(at, at + 2);
}

async function* each(documents: readonly StoredDocument[]): AsyncGenerator<StoredDocument> {
  yield* documents;
}
