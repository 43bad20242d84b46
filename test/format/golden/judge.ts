import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTrust } from '../../../agent/trust/index.ts';
import type { TrustFile } from '../../../agent/trust/index.ts';
import { verifyLogs } from '../../../agent/verify/index.ts';
import type { Finding, StoredDocument, Streams } from '../../../agent/verify/index.ts';
import { HitScanner } from '../../../agent/elasticsearch/search/hit-scanner.ts';

/** What a verifier says of a dump: its findings as a sorted set, and its exit code. */
export interface Judgement {
  findings: string[];
  exit: number;
}

/** A finding by what two verifiers must agree on. */
export interface Named {
  finding: string;
  origin: string;
  index?: number;
  batch?: number;
  /** What of an operator's statements excuses it. */
  excuse?: string;
}

/** Our own verifier on a dump folder (docs/seal-format.md §8.6). What it cannot read is exit code 2. */
export async function judgeDump(folder: string): Promise<Judgement> {
  try {
    const now = new Date((await readFile(join(folder, 'now'), 'utf8')).trim());
    const streams = await streamsOf(folder);
    return await judge(streams, now, await trustOf(folder));
  } catch (error) {
    if (process.env['AGREEMENT_DEBUG']) console.error(error);
    return { findings: [], exit: 2 };
  }
}

/** The set that findings make, in an order of its own: the place of an event is its index, of all else its batch. */
export function setOf(findings: Iterable<Named>): string[] {
  const words = [...findings].map(({ finding, origin, index, batch, excuse }) =>
    JSON.stringify({ finding, origin, ...(index === undefined ? { batch } : { index }), excuse }),
  );
  return [...new Set(words)].toSorted();
}

async function judge(streams: Streams, now: Date, trust: TrustFile | undefined): Promise<Judgement> {
  const findings: Finding[] = [];
  const judgement = verifyLogs(streams, { now, trust });
  for (;;) {
    const next = await judgement.next();
    if (next.done === true)
      return {
        findings: setOf(findings.map(named)),
        exit: next.value.exitCode,
      };
    findings.push(next.value);
  }
}

function named({ excuse, origin = '', ...finding }: Finding): Named {
  return { ...finding, origin, ...(excuse && { excuse: excuse.by }) };
}

async function streamsOf(folder: string): Promise<Streams> {
  const records = await hitsOf(folder, 'records');
  const events = await hitsOf(folder, 'events');
  return {
    namespace: (await readFile(join(folder, 'namespace'), 'utf8')).trim(),
    records: () => each([records]),
    events: () => each([events]),
    find: (ids) => each(events.filter(({ id }) => ids.includes(id))),
  };
}

async function trustOf(folder: string): Promise<TrustFile | undefined> {
  const names = await readdir(folder);
  return names.includes('trust.json') ? readTrust(join(folder, 'trust.json')) : undefined;
}

interface Answer {
  timed_out?: unknown;
  _shards?: { failed?: unknown };
}

async function hitsOf(folder: string, kind: string): Promise<StoredDocument[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${kind}-`)).toSorted();
  if (names.length === 0) throw new Error(`no ${kind} in the dump`);
  const documents: StoredDocument[] = [];
  for (const name of names) {
    const scanner = new HitScanner();
    for (const { index, id, source } of scanner.push(await readFile(join(folder, name))))
      documents.push({ index, id, source: Buffer.from(source) });
    const { timed_out: timedOut, _shards: shards } = scanner.end() as Answer;
    if (timedOut === true || shards?.failed !== 0)
      throw new Error(`${name}: the search did not answer in full`);
  }
  return documents;
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
