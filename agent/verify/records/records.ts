import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { Manifest, VerifierKey } from '../../seal/index.ts';
import { Clock } from './clock.ts';
import { kindOfRecord, recordIdClaim } from './claim.ts';
import type { RecordClaim } from './claim.ts';
import type { Emit, Finding } from '../finding.ts';
import type { KeptRoots } from './kept-roots.ts';
import { KeyRing } from './keys.ts';
import { epochStartOf } from './link.ts';
import { LogChain } from './log.ts';
import type { BatchRange } from './log.ts';
import { markerKey } from './notes.ts';
import { UnknownNotices } from './notice-kinds.ts';
import { Ordinals } from './ordinals.ts';
import { ReadBefore } from './read-before.ts';
import { judgeRecord } from './record.ts';
import type { BatchRecord, JudgedRecord } from './record.ts';
import { Refusals } from './refusals.ts';
import { Statements } from './statements.ts';
import type { ReadPart } from '../read-part.ts';
import type { Documents, StoredDocument } from '../streams.ts';
import type { TrustFile } from '../../trust/index.ts';
import { toleranceMilliseconds } from '../time.ts';

export interface RecordOptions {
  namespace: string;
  now: Date;
  trust?: TrustFile | undefined;
  /** Time range mode: the batch numbers asked for, by origin; none of the others. */
  ranges?: ReadonlyMap<string, BatchRange> | undefined;
  /** What an interrupted run has read of the events. */
  readBefore?: readonly ReadPart[] | undefined;
  /** Takes cosignatures and time-stamps. */
  kept?: KeptRoots | undefined;
  /** See VerifyOptions. */
  onBatch?: ((manifest: Manifest) => void) | undefined;
}

const noBatches: BatchRange = { from: 0, to: -1, touched: { from: 0, to: -1 } };

/** The `previous` of a batch 0 whose own origin no trusted key speaks for. */
export interface Stranger {
  origin: string;
  previous: string;
}

/** Everything that one reading of the record stream shows. Grows with logs and findings, not with batches. */
export class RecordReading {
  readonly keys: KeyRing;
  readonly logs = new Map<string, LogChain>();
  /** With a trust file: origins that it gives no key for, and the number of their records. */
  readonly unjudged = new Map<string, number>();
  readonly strangers: Stranger[] = [];
  readonly statements: Statements;
  readonly refusals: Refusals;
  /** By (cluster, node, source). */
  readonly clocks = new Map<string, Clock>();
  readonly unknownNotices = new UnknownNotices();
  /** Documents of the record stream that are taken for records. */
  records = 0;
  /** Those whose `_id` only a later version of the format gives a meaning. */
  ofLaterVersion = 0;
  /** Which documents of the stream are the counted valid records. */
  readonly counted = new Ordinals();
  /** Those among them that are printed anew. */
  readonly reprinted = new Ordinals();
  readonly readBefore: ReadBefore;
  /** Logs that any record claims, valid or not. */
  readonly claimed = new Set<string>();
  readonly #options: RecordOptions;
  readonly #emit: Emit;
  readonly #digest: Hash = createHash('sha256');
  readonly #rejected: JudgedRecord[] = [];
  /** Those that are what was sealed as a value alone. */
  readonly #reprinted: Reprinted[] = [];
  readonly #markers = new Map<string, VerifierKey>();
  #ordinal = -1;
  #equalAsValue = 0;
  #equalAsBytes = 0;

  constructor(options: RecordOptions, emit: Emit) {
    this.#options = options;
    this.#emit = emit;
    this.keys = new KeyRing(options.trust);
    this.refusals = new Refusals(this.keys);
    this.statements = new Statements(options.trust);
    this.readBefore = new ReadBefore(options.readBefore ?? []);
  }

  take(document: StoredDocument): void {
    this.#ordinal += 1;
    digestInto(this.#digest, document);
    const kind = kindOfRecord(document.id);
    if (kind === 'marker') this.#takeMarker(document);
    if (kind === 'refusal') this.refusals.take(document);
    if (kind === 'cosignature' || kind === 'time-stamp') this.#options.kept?.take(document);
    if (kind === 'statement') this.statements.take(document);
    if (kind === 'of a later version') this.ofLaterVersion += 1;
    if (kind !== 'record') return;
    this.records += 1;
    const judged = judgeRecord(document, this.#options.namespace);
    if (judged.survived === 'bytes') this.#equalAsBytes += 1;
    if (judged.survived === 'value') this.#equalAsValue += 1;
    this.#judge(judged);
  }

  /** Documents of the record stream that are taken for something else. */
  get notes(): number {
    return this.#ordinal + 1 - this.records;
  }

  /** Whether there are logs, and the trust file names none of them: it may be that of another namespace or cluster. */
  get isStrangeToTrust(): boolean {
    return this.keys.trusting && this.logs.size === 0 && this.unjudged.size > 0;
  }

  /** Of all bytes read, in order: a second reading must give the same. */
  digest(): string {
    return this.#digest.copy().digest('hex');
  }

  /** Every record is its rebuilt form as a value and none in bytes: either somebody did that, or something on the way prints JSON anew. */
  get isAllReprinted(): boolean {
    return this.records > 0 && this.#equalAsValue === this.records && this.#equalAsBytes === 0;
  }

  /** Call when the last record has been read: names what only shows now. */
  close(): void {
    for (const [origin, key] of this.#markers) {
      this.keys.adopt(key, 'marker');
      if (!this.keys.has(origin)) this.#countUnjudged(origin, 0);
    }
    this.refusals.close();
    for (const judged of this.#rejected) this.#reject(judged);
    for (const { judged, isTaken } of this.#reprinted) if (!isTaken) this.#claim(judged);
    if (!this.isAllReprinted) this.nameReprinted(true);
    for (const log of this.logs.values()) log.close(this.#emit);
  }

  #takeMarker(document: StoredDocument): void {
    const key = markerKey(document);
    if (key && !this.#markers.has(key.name)) this.#markers.set(key.name, key);
  }

  /**
   * Names the records that were printed anew. Where bytes survive the way here, somebody has changed them; else only what is wrong
   * with them as values is named. Call once the documents have been read, where all are.
   */
  nameReprinted(bytesSurvive: boolean): void {
    for (const { judged, isTaken } of this.#reprinted.splice(0)) {
      const detail = 'it is what was sealed as JSON, and not byte for byte';
      if (bytesSurvive) this.#name({ ...judged, failure: 'form', detail });
      else if (!isTaken) this.#name(judged);
    }
  }

  #judge(judged: JudgedRecord): void {
    if (judged.survived !== 'value') {
      if (!this.#take(judged)) this.#rejected.push({ ...judged, record: undefined });
      return;
    }
    const isTaken = this.#take(judged);
    this.#reprinted.push({ judged: { ...judged, record: undefined }, isTaken });
  }

  /** Whether a record is valid for its log, or that is not judged. */
  #take(judged: JudgedRecord): boolean {
    const { record } = judged;
    if (record) {
      const { origin } = record.manifest;
      this.keys.adopt(record.key, 'the log itself');
      if (this.keys.get(origin, record.key.text)) {
        this.#accept(record, judged.survived === 'value');
        return true;
      }
      if (!this.keys.has(origin)) {
        this.#leave(record);
        return true;
      }
    }
    return false;
  }

  #accept(record: BatchRecord, isReprinted: boolean): void {
    const { origin, batch, sealedAt, notices } = record.manifest;
    this.claimed.add(origin);
    const log = this.#logOf(origin);
    if (log.add(record, this.#emit) === 'extra') return;
    this.#takeTime(log, batch, Date.parse(sealedAt));
    if (log.inRange(batch)) {
      this.unknownNotices.take(notices);
      this.counted.add(this.#ordinal);
      this.readBefore.take(record);
      if (isReprinted) this.reprinted.add(this.#ordinal);
      if (Date.parse(sealedAt) > this.#options.now.getTime() + toleranceMilliseconds)
        this.#emit({ finding: 'sealed in the future', origin, batch, detail: `at ${sealedAt}`, sealedAt });
    }
    if (log.isTouched(batch)) this.#options.onBatch?.(record.manifest);
    for (const notice of notices) if (notice.kind === 'next') this.keys.name(origin, notice);
  }

  #takeTime(log: LogChain, batch: number, sealedAt: number): void {
    const { name, origin } = log;
    const clock = this.clocks.get(name) ?? new Clock();
    this.clocks.set(name, clock);
    const step = clock.take(origin, batch, sealedAt);
    if (!step) return;
    const detail = `sealed ${Math.round((step.before - sealedAt) / 1000)} s before a batch that precedes it`;
    log.emitter(this.#emit)({
      finding: 'clock back',
      origin,
      batch,
      sealedAt: new Date(sealedAt).toISOString(),
      detail,
    });
  }

  /** Of a log that no trusted key speaks for, only what it says of the end of another is looked at. */
  #leave({ manifest }: BatchRecord): void {
    const { origin } = manifest;
    this.claimed.add(origin);
    this.#countUnjudged(origin, 1);
    const { previous } = epochStartOf(manifest) ?? {};
    if (previous !== undefined) this.strangers.push({ origin, previous });
  }

  #countUnjudged(origin: string, records: number): void {
    this.unjudged.set(origin, (this.unjudged.get(origin) ?? 0) + records);
  }

  #logOf(origin: string): LogChain {
    const { ranges } = this.#options;
    let log = this.logs.get(origin);
    if (!log) {
      log = new LogChain(origin, this.logs.size, ranges && (ranges.get(origin) ?? noBatches));
      this.logs.set(origin, log);
    }
    return log;
  }

  /** Names what is wrong with a record that does not count, now that all keys are known. */
  #reject(judged: JudgedRecord): void {
    this.#claim(judged);
    this.#name(judged);
  }

  #placeOf({ id, claim }: JudgedRecord): RecordClaim {
    const byId = recordIdClaim(id);
    const known = byId && this.keys.originOf(byId.logId);
    return known === undefined ? (claim ?? { origin: '' }) : { origin: known, batch: byId!.batch };
  }

  /** Of a log without a trusted key nothing but this is said. */
  #isUnjudged(origin: string): boolean {
    return this.keys.trusting && !this.keys.has(origin) && origin !== '';
  }

  #claim(judged: JudgedRecord): void {
    const { origin } = this.#placeOf(judged);
    this.claimed.add(origin);
    if (this.#isUnjudged(origin)) this.#countUnjudged(origin, 1);
  }

  #name(judged: JudgedRecord): void {
    const { id, vkey, failure, detail, hash } = judged;
    const place = this.#placeOf(judged);
    const { origin } = place;
    if (this.#isUnjudged(origin)) return;
    const at = { ...place, id, ...(hash !== undefined && { hash }) };
    if (failure === 'form') {
      this.#emit({ finding: 'changed record', ...at, detail });
    } else if (failure === 'signature') {
      this.#emit({ finding: 'bad signature', ...at, detail });
    } else if (this.keys.has(origin) && !this.keys.get(origin, vkey)) {
      this.#emit({ finding: 'bad signature', ...at, detail: 'it is not signed by the key of its log' });
    } else {
      this.#emit({ finding: 'changed record', ...at, detail });
    }
  }
}

/** A record that was printed anew, and whether it was taken all the same, by its value. */
interface Reprinted {
  judged: JudgedRecord;
  isTaken: boolean;
}

/** Takes id and bytes of a document into a digest of a whole reading. */
export function digestInto(digest: Hash, { id, source }: StoredDocument): void {
  digest.update(`${id}\n${source.length}\n`).update(source);
}

/** Reads and judges all records. */
export async function readRecords(
  records: Documents,
  options: RecordOptions,
  onRead: (reading: RecordReading) => void,
): Promise<{ reading: RecordReading; findings: Finding[] }> {
  const findings: Finding[] = [];
  const reading = new RecordReading(options, (finding) => findings.push(finding));
  for await (const some of records) {
    for (const document of some) reading.take(document);
    onRead(reading);
  }
  reading.close();
  return { reading, findings };
}
