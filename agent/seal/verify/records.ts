import { createHash, type Hash } from 'node:crypto';
import type { Notice, VerifierKey } from '../index.ts';
import { kindOfRecord, recordIdClaim } from './claim.ts';
import type { Emit } from './finding.ts';
import { KeyRing } from './keys.ts';
import { LogChain, type BatchRange } from './log.ts';
import { markerKey } from './notes.ts';
import { Ordinals } from './ordinals.ts';
import { judgeRecord, type BatchRecord, type JudgedRecord } from './record.ts';
import type { StoredDocument } from './streams.ts';
import type { Trust } from './trust.ts';
import { toleranceMilliseconds } from './time.ts';

export interface RecordOptions {
  namespace: string;
  now: Date;
  trust?: Trust | undefined;
  /** Time range mode: the batch numbers asked for, by origin; none of the others. */
  ranges?: ReadonlyMap<string, BatchRange> | undefined;
}

const noBatches: BatchRange = { from: 0, to: -1 };

/** Records of a log that no trusted key speaks for. */
interface Unkeyed {
  records: number;
  logIds: Set<string>;
}

/** Everything that one reading of the record stream shows. Grows with logs and findings, not with batches. */
export class RecordReading {
  readonly keys: KeyRing;
  readonly logs = new Map<string, LogChain>();
  readonly unkeyed = new Map<string, Unkeyed>();
  /** Documents of the record stream that are taken for records. */
  records = 0;
  /** Which documents of the stream are the counted valid records. */
  readonly counted = new Ordinals();
  /** Logs that any record claims, valid or not. */
  readonly claimed = new Set<string>();
  /** A key became known too late for what was read before: read again with `named`. */
  mustReadAgain = false;
  readonly named = new Map<string, VerifierKey>();
  readonly #options: RecordOptions;
  readonly #emit: Emit;
  readonly #digest: Hash = createHash('sha256');
  readonly #rejected: JudgedRecord[] = [];
  readonly #markers = new Map<string, VerifierKey>();
  #ordinal = -1;
  #equalAsValue = 0;
  #equalAsBytes = 0;

  constructor(options: RecordOptions, named: ReadonlyMap<string, VerifierKey>, emit: Emit) {
    this.#options = options;
    this.#emit = emit;
    this.named = new Map(named);
    this.keys = new KeyRing(options.trust, named.values());
  }

  take(document: StoredDocument): void {
    this.#ordinal += 1;
    digestInto(this.#digest, document);
    const kind = kindOfRecord(document.id);
    if (kind === 'marker') this.#takeMarker(document);
    if (kind !== 'record') return;
    this.records += 1;
    const judged = judgeRecord(document, this.#options.namespace);
    if (judged.survived === 'bytes') this.#equalAsBytes += 1;
    if (judged.survived === 'value') this.#equalAsValue += 1;
    this.#judge(judged);
  }

  /** Of all bytes read, in order: a second reading must give the same. */
  digest(): string {
    return this.#digest.copy().digest('hex');
  }

  /** Every record is its rebuilt form as a value and none in bytes: something between us and the agent prints JSON anew. */
  get bytesDoNotSurvive(): boolean {
    return this.records > 0 && this.#equalAsValue === this.records && this.#equalAsBytes === 0;
  }

  /** Call when the last record has been read: names what only shows now. */
  close(): void {
    for (const [origin, key] of this.#markers) if (!this.claimed.has(origin)) this.keys.adopt(key, 'marker');
    for (const judged of this.#rejected) this.#reject(judged);
    for (const log of this.logs.values()) log.close(this.#emit);
  }

  #takeMarker(document: StoredDocument): void {
    const key = markerKey(document);
    if (key && !this.#markers.has(key.name)) this.#markers.set(key.name, key);
  }

  #judge(judged: JudgedRecord): void {
    const { record, claim } = judged;
    const byId = recordIdClaim(judged.id);
    const known = byId && this.keys.originOf(byId.logId);
    if (claim) this.claimed.add(claim.origin);
    if (known !== undefined) this.claimed.add(known);
    if (this.keys.trusting && known === undefined && claim && !this.keys.of(claim.origin)) {
      this.#countUnkeyed(claim.origin, byId?.logId);
      return;
    }
    if (record) this.keys.adopt(record.key, 'the log itself');
    if (record && this.keys.of(record.manifest.origin)?.key.text === record.key.text) this.#accept(record);
    else this.#rejected.push({ ...judged, record: undefined });
  }

  #accept(record: BatchRecord): void {
    const { origin, batch, sealedAt, notices } = record.manifest;
    const log = this.#logOf(origin);
    if (log.add(record, this.#emit) === 'counted' && log.inRange(batch)) {
      this.counted.add(this.#ordinal);
      if (Date.parse(sealedAt) > this.#options.now.getTime() + toleranceMilliseconds)
        this.#emit({ finding: 'sealed in the future', origin, batch, detail: `at ${sealedAt}` });
    }
    for (const notice of notices) if (notice.kind === 'next') this.#learn(notice);
  }

  #learn(notice: Extract<Notice, { kind: 'next' }>): void {
    const learnt = this.keys.name(notice.vkey);
    if (!learnt) return;
    const { key, replaces, isNew } = learnt;
    if (replaces || isNew) this.named.set(key.name, key);
    const logId = this.keys.of(key.name)!.logId;
    const wasPassed =
      this.unkeyed.has(key.name) || [...this.unkeyed.values()].some(({ logIds }) => logIds.has(logId));
    this.mustReadAgain ||= replaces || (isNew && wasPassed);
  }

  #countUnkeyed(origin: string, logId: string | undefined): void {
    const unkeyed = this.unkeyed.get(origin) ?? { records: 0, logIds: new Set() };
    unkeyed.records += 1;
    if (logId !== undefined) unkeyed.logIds.add(logId);
    this.unkeyed.set(origin, unkeyed);
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
  #reject({ id, claim, vkey, failure, detail }: JudgedRecord): void {
    const byId = recordIdClaim(id);
    const known = byId && this.keys.originOf(byId.logId);
    const place = known === undefined ? claim : { origin: known, batch: byId!.batch };
    const at = { ...place, id };
    if (failure === 'form') {
      this.#emit({ finding: 'changed record', ...at, detail });
    } else if (failure === 'signature') {
      this.#emit({ finding: 'bad signature', ...at, detail });
    } else if (claim && this.keys.of(claim.origin)?.key.text !== vkey) {
      this.#emit({ finding: 'bad signature', ...at, detail: 'it is not signed by the key of its log' });
    } else {
      this.#emit({ finding: 'changed record', ...at, detail });
    }
  }
}

/** Takes id and bytes of a document into a digest of a whole reading. */
export function digestInto(digest: Hash, { id, source }: StoredDocument): void {
  digest.update(`${id}\n${source.length}\n`).update(source);
}

/** Reads all records, as often as late keys demand: seldom more than once, since epochs sort by their age. */
export async function readRecords(
  records: () => AsyncIterable<StoredDocument>,
  options: RecordOptions,
  onRecord: (records: number) => void,
): Promise<{ reading: RecordReading; findings: Parameters<Emit>[0][] }> {
  let named: ReadonlyMap<string, VerifierKey> = new Map();
  for (;;) {
    const findings: Parameters<Emit>[0][] = [];
    const reading = new RecordReading(options, named, (finding) => findings.push(finding));
    for await (const document of records()) {
      reading.take(document);
      onRecord(reading.records);
    }
    if (!reading.mustReadAgain) {
      reading.close();
      return { reading, findings };
    }
    ({ named } = reading);
  }
}
