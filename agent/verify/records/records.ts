import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { VerifierKey } from '../../seal/index.ts';
import { kindOfRecord, recordIdClaim } from './claim.ts';
import type { Emit, Finding } from '../finding.ts';
import { KeyRing } from './keys.ts';
import { epochStartOf } from './link.ts';
import { LogChain } from './log.ts';
import type { BatchRange } from './log.ts';
import { markerKey } from './notes.ts';
import { Ordinals } from './ordinals.ts';
import { judgeRecord } from './record.ts';
import type { BatchRecord, JudgedRecord } from './record.ts';
import { Statements } from './statements.ts';
import type { StoredDocument } from '../streams.ts';
import type { TrustFile } from '../../trust/index.ts';
import { toleranceMilliseconds } from '../time.ts';

export interface RecordOptions {
  namespace: string;
  now: Date;
  trust?: TrustFile | undefined;
  /** Time range mode: the batch numbers asked for, by origin; none of the others. */
  ranges?: ReadonlyMap<string, BatchRange> | undefined;
}

const noBatches: BatchRange = { from: 0, to: -1 };

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
  /** Documents of the record stream that are taken for records. */
  records = 0;
  /** Which documents of the stream are the counted valid records. */
  readonly counted = new Ordinals();
  /** Logs that any record claims, valid or not. */
  readonly claimed = new Set<string>();
  readonly #options: RecordOptions;
  readonly #emit: Emit;
  readonly #digest: Hash = createHash('sha256');
  readonly #rejected: JudgedRecord[] = [];
  readonly #markers = new Map<string, VerifierKey>();
  #ordinal = -1;
  #equalAsValue = 0;
  #equalAsBytes = 0;

  constructor(options: RecordOptions, emit: Emit) {
    this.#options = options;
    this.#emit = emit;
    this.keys = new KeyRing(options.trust);
    this.statements = new Statements(options.trust?.operators);
  }

  take(document: StoredDocument): void {
    this.#ordinal += 1;
    digestInto(this.#digest, document);
    const kind = kindOfRecord(document.id);
    if (kind === 'marker') this.#takeMarker(document);
    if (kind === 'statement') this.statements.take(document);
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
    for (const [origin, key] of this.#markers) {
      this.keys.adopt(key, 'marker');
      if (!this.keys.has(origin)) this.#countUnjudged(origin, 0);
    }
    for (const judged of this.#rejected) this.#reject(judged);
    for (const log of this.logs.values()) log.close(this.#emit);
  }

  #takeMarker(document: StoredDocument): void {
    const key = markerKey(document);
    if (key && !this.#markers.has(key.name)) this.#markers.set(key.name, key);
  }

  #judge(judged: JudgedRecord): void {
    const { record } = judged;
    if (record) {
      const { origin } = record.manifest;
      this.keys.adopt(record.key, 'the log itself');
      if (this.keys.get(origin, record.key.text)) return this.#accept(record);
      if (!this.keys.has(origin)) return this.#leave(record);
    }
    this.#rejected.push({ ...judged, record: undefined });
  }

  #accept(record: BatchRecord): void {
    const { origin, batch, sealedAt, notices } = record.manifest;
    this.claimed.add(origin);
    const log = this.#logOf(origin);
    if (log.add(record, this.#emit) === 'extra') return;
    if (log.inRange(batch)) {
      this.counted.add(this.#ordinal);
      if (Date.parse(sealedAt) > this.#options.now.getTime() + toleranceMilliseconds)
        this.#emit({ finding: 'sealed in the future', origin, batch, detail: `at ${sealedAt}`, sealedAt });
    }
    for (const notice of notices) if (notice.kind === 'next') this.keys.name(origin, notice);
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
  #reject({ id, claim, vkey, failure, detail }: JudgedRecord): void {
    const byId = recordIdClaim(id);
    const known = byId && this.keys.originOf(byId.logId);
    const place = known === undefined ? (claim ?? { origin: '' }) : { origin: known, batch: byId!.batch };
    const { origin } = place;
    this.claimed.add(origin);
    const hasKey = this.keys.has(origin);
    if (this.keys.trusting && !hasKey && origin !== '') return this.#countUnjudged(origin, 1);
    const at = { ...place, id };
    if (failure === 'form') {
      this.#emit({ finding: 'changed record', ...at, detail });
    } else if (failure === 'signature') {
      this.#emit({ finding: 'bad signature', ...at, detail });
    } else if (hasKey && !this.keys.get(origin, vkey)) {
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

/** Reads and judges all records. */
export async function readRecords(
  records: AsyncIterable<StoredDocument>,
  options: RecordOptions,
  onRead: (reading: RecordReading) => void,
): Promise<{ reading: RecordReading; findings: Finding[] }> {
  const findings: Finding[] = [];
  const reading = new RecordReading(options, (finding) => findings.push(finding));
  for await (const document of records) {
    reading.take(document);
    onRead(reading);
  }
  reading.close();
  return { reading, findings };
}
