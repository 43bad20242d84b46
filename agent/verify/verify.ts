import { Alternates } from './records/alternates.ts';
import { readBatches } from './events/batches.ts';
import type { Batch } from './events/batches.ts';
import { DocumentJoin, DocumentResults } from './events/documents.ts';
import { judgeCoverage } from './records/coverage.ts';
import type { Coverage } from './records/coverage.ts';
import { judgeEnds, judgeEpochs } from './records/epochs.ts';
import { parseOrigin } from '../seal/index.ts';
import type { Emit, Finding, FindingKind } from './finding.ts';
import { KeptRoots } from './records/kept-roots.ts';
import { readRecords } from './records/records.ts';
import type { RecordReading } from './records/records.ts';
import { outOfOrderMax } from './events/out-of-order.ts';
import { groupsOf, together } from './events/parts.ts';
import { doesExcuse } from './records/statements.ts';
import { Fates } from './records/fates.ts';
import type { ReadPart } from './read-part.ts';
import type { Documents, Streams } from './streams.ts';
import { summarize } from './summary.ts';
import type { PartRead, Summary } from './summary.ts';
import type { Progress, VerifyOptions } from './options.ts';

/**
 * Verifies a whole log, or a time range of it, exactly as docs/seal-format.md §8 says. Yields each finding when it is
 * made, those that an operator's statement excuses among them (`excuse`), and returns the summary. Throws what the streams throw, and VerifyError `records-moved`.
 */
export async function* verifyLogs(
  streams: Streams,
  options: VerifyOptions,
): AsyncGenerator<Finding, Summary> {
  const counts = new Map<FindingKind, number>();
  const excused = { acknowledged: 0, retired: 0 };
  const counted = (finding: Finding) => {
    if (finding.excuse) excused[finding.excuse.by] += 1;
    else counts.set(finding.finding, (counts.get(finding.finding) ?? 0) + 1);
    return finding;
  };
  const kept = new KeptRoots(options.kept ?? { checkpoints: [], witnesses: [], quorum: 0 });
  const { reading, findings, coverage } = await judgeRecords(streams, options, kept);
  if (reading.isStrangeToTrust) options.onTrustNamesNone?.();
  for (const finding of findings.splice(0)) yield counted(finding);

  const emit: Emit = (finding) => findings.push(finding);
  const alternates = new Alternates(reading.logs, emit);
  const results = new DocumentResults(streams, reading, options.now, emit);
  const readBefore = await leftOut(streams, reading, options);
  for (const { events, refused } of readBefore) {
    results.counts.ok += events;
    results.counts.refused += refused;
  }
  const parts = await partsOf(streams, reading, options.parallel ?? 1);
  const documentsBefore = readBefore.reduce((sum, { events }) => sum + events, 0);
  const progress = { records: reading.records, notes: reading.notes, documents: documentsBefore };
  const read = parts.map((part) =>
    readPart(part, { streams, reading, alternates, kept, results, findings, options, progress, readBefore }),
  );
  for await (const _ of together(read)) for (const finding of findings.splice(0)) yield counted(finding);
  alternates.close();
  const keptReport = kept.close(reading, emit);
  await judgeOutOfOrder(results, streams, reading);
  results.uncovered.close();
  // Whoever can write can print the records anew: only where no event is what was sealed either do bytes not survive the way here.
  const bytesSurvive = !reading.isAllReprinted || results.counts.ok > 0;
  if (reading.isAllReprinted) reading.nameReprinted(bytesSurvive);
  for (const finding of findings) yield counted(finding);
  for (const finding of results.problems.named())
    if (bytesSurvive || finding.finding !== 'changed') yield counted(finding);
  const obstacle = bytesSurvive
    ? obstacleOf(reading, coverage, results, options, streams.unread)
    : reprintedOnTheWay;
  const { documents } = progress;
  const partsRead = parts.length > 1 ? parts.map(({ read: part }) => part) : undefined;
  const judged = {
    reading,
    coverage,
    results,
    documents,
    parts: partsRead,
    readBefore,
    counts,
    excused,
    obstacle,
    kept: keptReport,
    options,
  };
  return summarize(judged);
}

const reprintedOnTheWay =
  'all records match as JSON but not byte for byte, and no event matches: something between Elasticsearch and this command rewrites _source, or a reindex did';

/** What the records alone show. */
async function judgeRecords(
  streams: Streams,
  options: VerifyOptions,
  kept: KeptRoots,
): Promise<{ reading: RecordReading; findings: Finding[]; coverage: Coverage[] }> {
  const { now, trust, range, onBatch, onProgress } = options;
  const { reading, findings } = await readRecords(
    streams.records(),
    {
      namespace: streams.namespace,
      now,
      trust,
      ranges: range?.batches,
      readBefore: options.readBefore,
      kept,
      onBatch,
    },
    ({ records, notes }) => onProgress?.({ records, notes, documents: 0 }),
  );
  const emit: Emit = (finding) => findings.push(finding);
  judgeEpochs(reading, trust, emit);
  judgeEnds(reading, range && range.until < now ? range.until : now, emit);
  const coverage = judgeCoverage(reading, options, emit);
  reading.statements.apply(findings, reading.logs, now);
  acknowledgeSteps(reading);
  return { reading, findings, coverage };
}

/**
 * What an interrupted run has read and is as it was: the same records, and as many documents. Where somebody has signed events away,
 * or the records were printed anew, everything is read.
 */
async function leftOut(
  streams: Streams,
  reading: RecordReading,
  { now, readBefore = [] }: VerifyOptions,
): Promise<ReadPart[]> {
  if (readBefore.length === 0 || reading.isAllReprinted) return [];
  const fates = new Fates(reading, now);
  const same = reading.readBefore.parts().filter(
    ({ origin, from, to }) =>
      !fates.hasErasures(origin) &&
      reading.logs
        .get(origin)!
        .extents()
        .some((extent) => extent.from <= from && extent.to >= to),
  );
  return (await streams.leaveOut?.(same)) ?? [];
}

/** A group of logs, and the documents to read for it. */
interface Part {
  documents: Documents;
  origins: ReadonlySet<string>;
  read: PartRead;
}

/** One part, or where more are asked for and the streams can give them, as many as there are logs for. */
async function partsOf(streams: Streams, reading: RecordReading, readers: number): Promise<Part[]> {
  const logs = extentsOf(reading);
  const groups = streams.eventParts ? groupsOf(logs, readers) : [logs];
  const documents =
    groups.length > 1 && streams.eventParts ? await streams.eventParts(groups) : [streams.events(logs)];
  return groups.map((group, at) => ({
    documents: documents[at]!,
    origins: new Set(group.map(({ origin }) => origin)),
    read: { logs: group.length, documents: 0, from: '', to: '' },
  }));
}

interface PartContext {
  streams: Streams;
  reading: RecordReading;
  alternates: Alternates;
  kept: KeptRoots;
  results: DocumentResults;
  /** What has been found and not been taken yet. */
  findings: Finding[];
  options: VerifyOptions;
  progress: Progress;
  readBefore: readonly ReadPart[];
}

/** Reads a part and judges it; yields after every few documents, and where there is a finding. */
async function* readPart(
  { documents, origins, read }: Part,
  context: PartContext,
): AsyncGenerator<undefined> {
  const { streams, reading, alternates, kept, results, findings, options, progress, readBefore } = context;
  const recorded = compared(readBatches(streams.records(), reading, origins), alternates, kept);
  const batches = withoutParts(recorded, readBefore);
  const emit: Emit = (finding) => findings.push(finding);
  const join = new DocumentJoin({ streams, reading, batches, origins, results, now: options.now, emit });
  read.from = new Date().toISOString();
  try {
    for await (const some of documents) {
      for (const document of some) {
        const pending = join.take(document);
        if (pending) await pending;
        read.documents += 1;
        progress.documents += 1;
        if (findings.length > 0) yield;
      }
      options.onProgress?.(progress);
      options.onRead?.([...readBefore, ...results.read.list()]);
      yield;
    }
    await join.close();
    read.to = new Date().toISOString();
  } finally {
    // Where the documents could not be read to their end, the reading of the records is still in the middle.
    await batches.return(undefined);
  }
}

async function* compared(
  batches: AsyncIterable<Batch>,
  alternates: Alternates,
  kept: KeptRoots,
): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    alternates.compare(batch);
    kept.compare(batch);
    yield batch;
  }
}

async function* withoutParts(
  batches: AsyncIterable<Batch>,
  parts: readonly ReadPart[],
): AsyncGenerator<Batch> {
  const byOrigin = Map.groupBy(parts, ({ origin }) => origin);
  for await (const batch of batches) {
    const isLeftOut = byOrigin
      .get(batch.origin)
      ?.some(({ firstBatch, lastBatch }) => batch.batch >= firstBatch && batch.batch <= lastBatch);
    if (isLeftOut !== true) yield batch;
  }
}

function extentsOf(reading: RecordReading): { origin: string; from: number; to: number }[] {
  return reading.keys
    .origins()
    .toSorted()
    .map((origin) => {
      const extents = reading.logs.get(origin)?.extents() ?? [];
      return { origin, from: extents[0]?.from ?? 0, to: extents.at(-1)?.to ?? 0 };
    });
}

/** Documents out of place are judged when everything else has been, with the leaf hashes read once more. */
async function judgeOutOfOrder(
  { outOfOrder }: DocumentResults,
  streams: Streams,
  reading: RecordReading,
): Promise<void> {
  if (outOfOrder.count === 0) return;
  outOfOrder.sort();
  for await (const batch of readBatches(streams.records(), reading)) outOfOrder.judge(batch);
}

function obstacleOf(
  reading: RecordReading,
  coverage: readonly Coverage[],
  results: DocumentResults,
  { eventsMin = 0, range, now }: VerifyOptions,
  unread: string | undefined,
): string | undefined {
  if (reading.records === 0) return whyNoRecord(results.uncovered.notYetRecorded, now);
  if (unread !== undefined) return unread;
  const without = range && clusterWithout(reading, coverage);
  if (without !== undefined) {
    const from = range?.since?.toISOString() ?? 'the beginning';
    return `no log of cluster ${without} has a batch from ${from} to ${range!.until.toISOString()}: nothing of that time was checked`;
  }
  if (results.outOfOrder.overflowed)
    return `more than ${outOfOrderMax} documents are out of place: is the mapping of origin and sequence intact?`;
  if (results.counts.ok < eventsMin)
    return `${results.counts.ok} events as sealed, and at least ${eventsMin} expected: does the apiserver write an audit log?`;
  return undefined;
}

/** A cluster of the known logs of which a range has no batch. */
function clusterWithout({ keys }: RecordReading, coverage: readonly Coverage[]): string | undefined {
  const clusters = new Set(keys.origins().map((origin) => parseOrigin(origin).cluster));
  return [...clusters]
    .toSorted()
    .find((name) => !coverage.some(({ cluster, hasBatch }) => cluster === name && hasBatch));
}

/** Lets the clocks know which of their steps an operator has acknowledged, in the range or not. */
function acknowledgeSteps({ clocks, statements }: RecordReading): void {
  const reports = statements.applicable();
  for (const clock of clocks.values())
    clock.acknowledge(({ origin, batch, sealedAt }) =>
      reports.some(({ statement }) =>
        doesExcuse(statement, {
          finding: 'clock back',
          origin,
          batch,
          sealedAt: new Date(sealedAt).toISOString(),
        }),
      ),
    );
}

/** An epoch is named by the second in which it began, and its first record follows within seconds. */
const beginningMilliseconds = 10 * 60 * 1000;

/** Whoever deletes all records leaves events that seem to wait for theirs: that a log has only just begun has to be true. */
function whyNoRecord(waiting: ReadonlyMap<string, number>, now: Date): string {
  if (waiting.size === 0) return 'there is no record at all';
  const [origin, events] = [...waiting].find(([of]) => !hasJustBegun(of, now)) ?? [];
  return origin === undefined
    ? 'there is no record yet: the log has only just begun; verify again in a few seconds'
    : `there is no record at all, and ${events} events of ${origin}, which did not begin just now: its records were deleted, or the agent could not send any`;
}

function hasJustBegun(origin: string, now: Date): boolean {
  const at = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u.exec(parseOrigin(origin).epoch);
  if (!at) return false;
  const [, year, month, day, hour, minute, second] = at;
  const begun = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Math.abs(now.getTime() - begun) < beginningMilliseconds;
}
