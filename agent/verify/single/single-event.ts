import { isOrigin, logIdOf, logName, parseVerifierKey } from '../../seal/index.ts';
import { operatorNames } from '../../trust/index.ts';
import type { TrustFile } from '../../trust/index.ts';
import type { Lookup } from '../elasticsearch/lookup.ts';
import { sealWordsOf } from '../evidence/seal.ts';
import type { SealWords } from '../evidence/seal.ts';
import type { Finding, FindingKind } from '../finding.ts';
import { eventPlace } from '../records/claim.ts';
import { judgeRecord } from '../records/record.ts';
import type { StoredDocument } from '../streams.ts';
import { exitCodes, verdictOf } from '../verdict.ts';
import type { Verdict } from '../verdict.ts';
import { verifyLogs } from '../verify.ts';
import type { EventName } from './event-name.ts';
import { Kept, SingleStreams } from './single-streams.ts';

export interface SingleEvent {
  verdict: Verdict;
  exitCode: number;
  /** Why the verdict is that. */
  message: string;
  origin: string | undefined;
  index: number | undefined;
  /** Whether the keys follow from a trust file. */
  trusted: boolean;
  /** Those that claim the place, or have the `_id`; forged or not. */
  documents: StoredDocument[];
  /** What is wrong with the event, or with what speaks for it. */
  findings: Finding[];
  seal: SealWords | undefined;
}

/** What is about one event or its record; a log's gaps and silences are not. */
const aboutAnEvent: ReadonlySet<FindingKind> = new Set([
  'changed',
  'missing',
  'inserted',
  'fork',
  'bad signature',
  'changed record',
  'missing record',
  'broken chain',
  'not yet recorded',
  'unlinked epoch',
  'unknown log',
  'unproven',
  'not erased',
]);

/** Records of each epoch, for its key and the next one's: one would do, had nobody forged others. */
const newestMax = 3;
/** An epoch lasts 30 days. */
const originsMax = 200;

/**
 * Judges one event as {@link verifyLogs} does, by its own batch, that batch's neighbours and the newest records of its epochs,
 * which link the keys. What those cannot show (a gap elsewhere, an end) is not looked at. Throws ElasticsearchError.
 */
export async function judgeEvent(
  lookup: Lookup,
  name: EventName,
  { now, trust }: { now: Date; trust: TrustFile | undefined },
): Promise<SingleEvent> {
  const events = new Kept();
  await events.take(lookup.events([name.text]));
  if (name.place) await events.take(lookup.eventsOf(name.place.eventId));
  const place = await placeOf(lookup, name, events, trust);
  if (place) await events.take(lookup.claims(place.origin, place.index));
  const seal = place && (await sealWordsOf(lookup, place.origin, place.index));
  if (seal) await events.take(lookup.events([seal.id]));

  const records = new Kept();
  if (place) await takeRecords(records, lookup, place, trust);
  const batch = seal?.batch;
  const batches = new Map(
    place && batch !== undefined
      ? [[place.origin, { from: Math.max(0, batch - 1), to: batch + 1, touched: { from: batch, to: batch } }]]
      : [],
  );
  const eventId = name.place?.eventId;
  const streams = new SingleStreams(lookup, { records, events, eventId });
  const range = { since: undefined, until: now, batches };
  const judgement = verifyLogs(streams, { now, trust, range, fromBirth: true });
  const findings: Finding[] = [];
  let next = await judgement.next();
  for (; next.done !== true; next = await judgement.next())
    if (!next.value.excuse && isAbout(next.value, place, batch)) findings.push(next.value);
  const documents = [...events.documents];
  const about = {
    origin: place?.origin,
    index: place?.index,
    trusted: next.value.trusted,
    documents,
    findings,
    seal,
  };
  const counts = new Map(findings.map(({ finding }) => [finding, 1]));
  const isThere = documents.length > 0 || next.value.events > 0;
  const obstacle = isThere || findings.length > 0 ? undefined : whyNothing(seal, name);
  const isWaiting = obstacle === undefined && findings.length === 0 && next.value.events === 0;
  if (isWaiting) counts.set('not yet recorded', 1);
  const verdict = verdictOf(counts, obstacle);
  const why =
    verdict === 'could not check'
      ? obstacle
      : isWaiting
        ? 'its record is not there yet'
        : findings
            .map(({ finding, detail }) => `${finding}${detail === undefined ? '' : ` (${detail})`}`)
            .join(', ');
  return { verdict, exitCode: exitCodes[verdict], message: why ? `${verdict}: ${why}` : verdict, ...about };
}

interface Place {
  origin: string;
  index: number;
}

/** By the trust file's keys, else by what the documents say, if a record that they lead to has the key of that log id. */
async function placeOf(
  lookup: Lookup,
  name: EventName,
  events: Kept,
  trust: TrustFile | undefined,
): Promise<Place | undefined> {
  const { place } = name;
  if (!place) {
    for (const { source } of events.documents) {
      const { origin, index } = eventPlace(source);
      if (origin !== undefined && index !== undefined) return { origin, index };
    }
    return undefined;
  }
  const { logId, index } = place;
  const trusted = trust?.logs.find(({ vkey }) => logIdOf(vkey) === logId);
  if (trusted) return { origin: parseVerifierKey(trusted.vkey).name, index };
  const claimed = [...events.documents].flatMap(({ source }) => eventPlace(source).origin ?? []);
  const origins = new Set(claimed);
  for (const { vkey } of trust?.logs ?? [])
    for (const epoch of await originsOf(lookup, `${logName(parseVerifierKey(vkey).name)}/`))
      origins.add(epoch);
  if (!trust) for (const origin of await originsOf(lookup, '')) origins.add(origin);
  for (const origin of origins) {
    for await (const document of lookup.newest(origin)) {
      const { record } = judgeRecord(document, lookup.namespace);
      if (record?.manifest.origin === origin && logIdOf(record.key.text) === logId) return { origin, index };
    }
  }
  // No record has its key: it is judged by the log that it claims.
  const [origin] = claimed;
  return origin === undefined ? undefined : { origin, index };
}

async function takeRecords(
  records: Kept,
  lookup: Lookup,
  { origin, index }: Place,
  trust: TrustFile | undefined,
): Promise<void> {
  const epochs = await originsOf(lookup, `${logName(origin)}/`);
  for (const epoch of new Set([...epochs, origin])) await records.take(lookup.newest(epoch), newestMax);
  const holding = new Kept();
  await holding.take(lookup.holding(origin, index));
  for (const document of holding.documents) {
    const { record, claim } = judgeRecord(document, lookup.namespace);
    const batch = record?.manifest.batch ?? claim?.batch;
    if (batch === undefined) continue;
    await records.take(
      lookup.batches(
        origin,
        [batch - 1, batch, batch + 1].filter((each) => each >= 0),
      ),
    );
  }
  await records.take(lookup.refusals(origin, index));
  for (const operator of trust ? operatorNames(trust) : []) await records.take(lookup.statements(operator));
}

/** The origins of the record stream that begin so, the first of them, forged or not. */
async function originsOf(lookup: Lookup, prefix: string): Promise<string[]> {
  const origins: string[] = [];
  let after = prefix;
  while (origins.length < originsMax) {
    const next = await lookup.nextOrigin(after);
    if (next === undefined || !next.startsWith(prefix) || next <= after) break;
    if (isOrigin(next)) origins.push(next);
    after = next;
  }
  return origins;
}

function isAbout(
  { finding, origin, index, batch }: Finding,
  place: Place | undefined,
  own: number | undefined,
): boolean {
  if (!aboutAnEvent.has(finding)) return false;
  // Without a place a document claims none, and is all that was read.
  if (!place || finding === 'inserted' || finding === 'unproven') return true;
  if (origin !== place.origin) return false;
  if (index !== undefined) return index === place.index;
  return batch === undefined || batch === own;
}

/** What is gone by age or by a statement is no finding, and cannot be shown either. */
function whyNothing(seal: SealWords | undefined, { text }: EventName): string {
  return seal
    ? 'its document is gone, and may be: its retention has passed, or a signed statement took it away'
    : `nothing is there by the id ${text}: no document, and no record that has its place`;
}
