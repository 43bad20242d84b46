import { Alternates } from './records/alternates.ts';
import { readBatches } from './events/batches.ts';
import type { Batch } from './events/batches.ts';
import { DocumentJoin } from './events/documents.ts';
import { judgeCoverage } from './records/coverage.ts';
import type { Coverage } from './records/coverage.ts';
import { judgeEnds, judgeEpochs } from './records/epochs.ts';
import { parseOrigin } from '../seal/index.ts';
import type { Emit, Finding, FindingKind } from './finding.ts';
import { readRecords } from './records/records.ts';
import type { RecordReading } from './records/records.ts';
import { outOfOrderMax } from './events/out-of-order.ts';
import { doesExcuse } from './records/statements.ts';
import type { Streams } from './streams.ts';
import { summarize } from './summary.ts';
import type { Summary } from './summary.ts';
import type { VerifyOptions } from './options.ts';

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
  const { reading, findings, coverage } = await judgeRecords(streams, options);
  if (reading.isStrangeToTrust) options.onTrustNamesNone?.();
  for (const finding of findings.splice(0)) yield counted(finding);

  const emit: Emit = (finding) => findings.push(finding);
  const alternates = new Alternates(reading.logs, emit);
  const batches = compared(readBatches(streams.records(), reading), alternates);
  const join = new DocumentJoin(streams, reading, batches, options.now, emit);
  let documents = 0;
  try {
    for await (const some of streams.events(extentsOf(reading))) {
      for (const document of some) {
        const pending = join.take(document);
        if (pending) await pending;
        documents += 1;
        if (findings.length > 0) for (const finding of findings.splice(0)) yield counted(finding);
      }
      options.onProgress?.({ records: reading.records, notes: reading.notes, documents });
    }
    await join.close();
  } finally {
    // Where the documents could not be read to their end, the reading of the records is still in the middle.
    await batches.return(undefined);
  }
  alternates.close();
  await judgeOutOfOrder(join, streams, reading);
  join.uncovered.close();
  // Whoever can write can print the records anew: only where no event is what was sealed either do bytes not survive the way here.
  const bytesSurvive = !reading.isAllReprinted || join.counts.ok > 0;
  if (reading.isAllReprinted) reading.nameReprinted(bytesSurvive);
  for (const finding of findings) yield counted(finding);
  for (const finding of join.problems.named())
    if (bytesSurvive || finding.finding !== 'changed') yield counted(finding);
  const obstacle = bytesSurvive
    ? obstacleOf(reading, coverage, join, options, streams.unread)
    : reprintedOnTheWay;
  return summarize({ reading, coverage, join, documents, counts, excused, obstacle, options });
}

const reprintedOnTheWay =
  'all records match as JSON but not byte for byte, and no event matches: something between Elasticsearch and this command rewrites _source, or a reindex did';

/** What the records alone show. */
async function judgeRecords(
  streams: Streams,
  options: VerifyOptions,
): Promise<{ reading: RecordReading; findings: Finding[]; coverage: Coverage[] }> {
  const { now, trust, range, onProgress } = options;
  const { reading, findings } = await readRecords(
    streams.records(),
    { namespace: streams.namespace, now, trust, ranges: range?.batches },
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

async function* compared(batches: AsyncIterable<Batch>, alternates: Alternates): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    alternates.compare(batch);
    yield batch;
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
async function judgeOutOfOrder(join: DocumentJoin, streams: Streams, reading: RecordReading): Promise<void> {
  if (join.outOfOrder.count === 0) return;
  join.outOfOrder.sort();
  for await (const batch of readBatches(streams.records(), reading)) join.outOfOrder.judge(batch);
}

function obstacleOf(
  reading: RecordReading,
  coverage: readonly Coverage[],
  join: DocumentJoin,
  { eventsMin = 0, range, now }: VerifyOptions,
  unread: string | undefined,
): string | undefined {
  if (reading.records === 0) return whyNoRecord(join.uncovered.notYetRecorded, now);
  if (unread !== undefined) return unread;
  const without = range && clusterWithout(reading, coverage);
  if (without !== undefined) {
    const from = range?.since?.toISOString() ?? 'the beginning';
    return `no log of cluster ${without} has a batch from ${from} to ${range!.until.toISOString()}: nothing of that time was checked`;
  }
  if (join.outOfOrder.overflowed)
    return `more than ${outOfOrderMax} documents are out of place: is the mapping of origin and sequence intact?`;
  if (join.counts.ok < eventsMin)
    return `${join.counts.ok} events as sealed, and at least ${eventsMin} expected: does the apiserver write an audit log?`;
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
