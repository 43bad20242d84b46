import {
  cosignaturesBy,
  isOrigin,
  noteDocumentId,
  openCosigned,
  parseBase64,
  parseCheckpoint,
  parseTimeStamp,
  SealError,
  splitNote,
} from '../../seal/index.ts';
import type { WitnessKey } from '../../seal/index.ts';
import type { Emit } from '../finding.ts';
import { parseDocument } from '../parse-document.ts';
import type { StoredDocument } from '../streams.ts';
import { kindOfRecord } from './claim.ts';
import type { KeyRing } from './keys.ts';
import type { LogChain } from './log.ts';
import { noteOf } from './notes.ts';

/** What somebody else has kept, or signed, of the logs: whoever steals a log's current key cannot change it. */
export interface KeptOptions {
  /** Checkpoints that were kept elsewhere, whole notes, and the file in which each is. */
  checkpoints: readonly { note: string; file: string }[];
  witnesses: readonly WitnessKey[];
  /** How many witnesses must have cosigned for a history to count as fixed. */
  quorum: number;
}

/** What it is compared with. */
interface Reading {
  logs: ReadonlyMap<string, LogChain>;
  keys: KeyRing;
  unjudged: ReadonlyMap<string, number>;
}

interface Stamped extends KeptRoot {
  id: string;
  at: number;
  note: string;
}

/** Whoever may create documents can invent any number of logs. */
const stampedMax = 10_000;

/** Of a counting record. */
interface CountedBatch {
  origin: string;
  batch: number;
  size: number;
  checkpoint: string;
  /** Milliseconds since 1970. */
  sealedAt: number;
}

/** The root of a log at a size, by the word of somebody else. */
interface KeptRoot {
  origin: string;
  size: number;
  root: Buffer;
  /** The witness's name, or the file. */
  by: string;
  witness?: WitnessKey;
  /** Milliseconds since 1970, by the witness's word. */
  at?: number;
  /** Of a file: what is signed. */
  note?: string;
  found?: { batch: number; sealedAt: number; isSame: boolean };
}

/** Up to where a log's history is fixed. */
export interface FixedHistory {
  origin: string;
  /** Leaves; 0 where nothing is fixed. */
  size: number;
  /** The batch that ends there, and when it was sealed; RFC 3339. */
  batch?: number;
  sealedAt?: string;
  /** Names of the witnesses, or files. */
  by: string[];
  /** When the quorum was reached, by the witnesses' word; RFC 3339. */
  at?: string;
  /** The newest batch, if history is not fixed up to it. */
  openTo?: number;
}

export interface KeptReport {
  fixed: FixedHistory[];
  /** Of each log the greatest tree that was time-stamped; RFC 3339. Whose word `at` is, the stamp's signature shows, which is not verified here. */
  stamped: { origin: string; size: number; at: string; id: string }[];
  /** Kept roots that could not be compared, and why. */
  notCompared: { by: string; origin: string; size: number; why: string }[];
}

const cosignatureIdForm = /^([0-9a-f]{16})-w(0|[1-9]\d{0,15})-([0-9a-f]{8})-[0-9a-f]{16}$/u;

/**
 * Compares what others have kept with the log as it is. Of each witness only the greatest tree of a log is held: it has made sure
 * itself that all before are a part of it. Throws SealError for a checkpoint that is none.
 */
export class KeptRoots {
  readonly #options: KeptOptions;
  readonly #byKeyId: ReadonlyMap<string, WitnessKey>;
  /** By log and witness. */
  readonly #cosigned = new Map<string, KeptRoot>();
  readonly #filed: KeptRoot[];
  /** By log. */
  readonly #stamped = new Map<string, Stamped>();
  #bySize: Map<string, KeptRoot[]> | undefined;

  constructor(options: KeptOptions) {
    this.#options = options;
    this.#byKeyId = new Map(options.witnesses.map((key) => [key.keyId.toString('hex'), key]));
    this.#filed = options.checkpoints.map(({ note, file }) => ({
      ...parseCheckpoint(splitNote(note).text),
      by: file,
      note,
    }));
  }

  /** Takes a document of the record stream, if it is a time-stamp, or a cosignature by one of the witnesses that count. */
  take(document: StoredDocument): void {
    const { id, source } = document;
    if (kindOfRecord(id) === 'time-stamp') this.#takeStamp(document);
    if (kindOfRecord(id) !== 'cosignature') return;
    const [, logId, digits, keyId] = cosignatureIdForm.exec(id) ?? [];
    const key = keyId === undefined ? undefined : this.#byKeyId.get(keyId);
    const note = key && noteOf(source)?.note;
    if (!key || note === undefined || logId === undefined) return;
    const kept = opened(note, key);
    if (!kept || !isOrigin(kept.origin) || String(kept.size) !== digits) return;
    if (id !== noteDocumentId(logId, `w${digits}-${keyId}`, note)) return;
    const name = `${kept.origin}\n${key.text}`;
    if (kept.size > (this.#cosigned.get(name)?.size ?? -1)) this.#cosigned.set(name, kept);
  }

  /** Compares with a counting record. */
  compare({ origin, batch, size, checkpoint, sealedAt }: CountedBatch): void {
    this.#bySize ??= Map.groupBy(
      [...this.#cosigned.values(), ...this.#filed, ...this.#stamped.values()],
      placeOf,
    );
    const all = this.#bySize.get(placeOf({ origin, size }));
    if (!all) return;
    const { root } = parseCheckpoint(splitNote(checkpoint).text);
    for (const kept of all) kept.found = { batch, sealedAt, isSame: kept.root.equals(root) };
  }

  /** Call when all counting records have been compared; undefined where there is nothing to say. */
  close(reading: Reading, emit: Emit): KeptReport | undefined {
    if (!this.#isAsked && this.#stamped.size === 0) return undefined;
    const notCompared: KeptReport['notCompared'] = [];
    const agreeing: KeptRoot[] = [];
    for (const kept of [...this.#cosigned.values(), ...this.#filed]) {
      const why = judge(kept, reading, emit);
      const { by, origin, size } = kept;
      if (why !== undefined) notCompared.push({ by, origin, size, why });
      else if (kept.found?.isSame) agreeing.push(kept);
    }
    const fixed = [...reading.logs.keys()].toSorted().map((origin) =>
      this.#fixedOf(
        origin,
        agreeing.filter((kept) => kept.origin === origin),
        reading,
      ),
    );
    const stamped = [...this.#stamped.values()].flatMap((stamp) => {
      const { origin, size, at, id, by } = stamp;
      const why = whyNoStamp(stamp, reading);
      if (why === undefined) return [{ origin, size, id, at: new Date(at).toISOString() }];
      notCompared.push({ by, origin, size, why });
      return [];
    });
    return { fixed: this.#isAsked ? fixed : [], stamped, notCompared };
  }

  get #isAsked(): boolean {
    const { checkpoints, witnesses } = this.#options;
    return checkpoints.length + witnesses.length > 0;
  }

  #takeStamp({ id, source }: StoredDocument): void {
    const stamp = stampIn(id, source);
    const before = stamp && this.#stamped.get(stamp.origin);
    if (!stamp || (before ? before.size >= stamp.size : this.#stamped.size === stampedMax)) return;
    this.#stamped.set(stamp.origin, stamp);
  }

  /** By a quorum of witnesses, or by a checkpoint that was kept; whichever reaches further. */
  #fixedOf(origin: string, agreeing: readonly KeptRoot[], reading: Reading): FixedHistory {
    const byWitness = new Map<string, KeptRoot>();
    for (const kept of agreeing)
      if (kept.witness && kept.size > (byWitness.get(kept.witness.name)?.size ?? -1))
        byWitness.set(kept.witness.name, kept);
    const cosigned = [...byWitness.values()].toSorted((a, b) => b.size - a.size);
    const quorum = cosigned.slice(0, this.#options.quorum);
    const isQuorum = this.#options.quorum > 0 && quorum.length === this.#options.quorum;
    const witnessed = isQuorum ? quorum.at(-1) : undefined;
    const [filed] = agreeing.filter(({ witness }) => !witness).toSorted((a, b) => b.size - a.size);
    const isFiled = filed !== undefined && filed.size > (witnessed?.size ?? -1);
    const last = isFiled ? filed : witnessed;
    const newest = reading.logs.get(origin)?.newest;
    const openTo = newest && newest.size > (last?.size ?? 0) ? { openTo: newest.batch } : {};
    if (!last) return { origin, size: 0, by: [], ...openTo };
    const { size, found } = last;
    const at = isFiled ? undefined : Math.max(...quorum.map((kept) => kept.at ?? 0));
    return {
      origin,
      size,
      batch: found!.batch,
      sealedAt: new Date(found!.sealedAt).toISOString(),
      by: isFiled ? [filed.by] : quorum.map(({ by }) => by).toSorted(),
      ...(at !== undefined && { at: new Date(at).toISOString() }),
      ...openTo,
    };
  }
}

/** Emits what it shows; returns why it shows nothing, if that is so. */
function judge(kept: KeptRoot, reading: Reading, emit: Emit): string | undefined {
  const { origin, size, by, note, found } = kept;
  const log = reading.logs.get(origin);
  const keys = reading.keys.of(origin);
  if (reading.unjudged.has(origin)) return 'no trusted key speaks for its log';
  if (!log) {
    if (note === undefined) return 'there is no valid record of its log';
    const detail = `a checkpoint of it, of size ${size}, is kept in ${by}`;
    emit({ finding: 'epoch missing', origin, detail });
    return undefined;
  }
  if (note !== undefined && !keys.some(({ key }) => isSigned(() => openCosigned(note, key)))) {
    const detail = `the checkpoint that is kept in ${by} is not signed by the key that the log has now`;
    emit({ finding: 'bad signature', origin, detail });
    return undefined;
  }
  const whose = note === undefined ? `that the witness ${by} has cosigned` : `that is kept in ${by}`;
  if (found && !found.isSame) {
    const detail = `its root at size ${size} is another than the one ${whose}`;
    emit({ finding: 'fork', origin, batch: found.batch, detail });
    return undefined;
  }
  if (found) return undefined;
  const { newest } = log;
  if (newest && newest.size < size) {
    const detail = `it ends with size ${newest.size}, below the ${size} of the checkpoint ${whose}`;
    emit({ finding: 'missing record', origin, batch: newest.batch + 1, detail });
    return undefined;
  }
  if (!log.extents().some(({ from, to }) => from < size && size <= to))
    return 'no record that was read reaches there: it is out of the time range, or missing';
  emit({
    finding: 'fork',
    origin,
    detail: `none of its batches ends with size ${size}, as the checkpoint ${whose}`,
  });
  return undefined;
}

function isSigned(open: () => unknown): boolean {
  try {
    open();
    return true;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}

function opened(note: string, key: WitnessKey): KeptRoot | undefined {
  try {
    const [first] = cosignaturesBy(note, key);
    const { origin, size, root } = parseCheckpoint(splitNote(note).text);
    return first && { origin, size, root, by: key.name, witness: key, at: first.time * 1000 };
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}

function placeOf({ origin, size }: { origin: string; size: number }): string {
  return `${origin}\n${size}`;
}

const stampIdForm = /^([0-9a-f]{16})-t(0|[1-9]\d{0,15})-[0-9a-f]{16}$/u;

/** A time-stamp that is of the checkpoint beside it; nobody has looked at its signature. */
function stampIn(id: string, source: Buffer): Stamped | undefined {
  const [, logId, digits] = stampIdForm.exec(id) ?? [];
  const note = noteOf(source)?.note;
  if (logId === undefined || note === undefined) return undefined;
  const members = (parseDocument(source) as { auditseal: { time_stamp?: unknown } }).auditseal;
  const reply = parseBase64(members.time_stamp);
  if (!reply || id !== noteDocumentId(logId, `t${digits}`, reply)) return undefined;
  try {
    const { at } = parseTimeStamp(reply, note);
    const { origin, size, root } = parseCheckpoint(splitNote(note).text);
    return String(size) === digits
      ? { origin, size, root, by: 'a time-stamp', at: at.getTime(), note, id }
      : undefined;
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}

/** No finding: whoever may create documents may have written it. */
function whyNoStamp({ origin, note, found }: Stamped, { keys }: Reading): string | undefined {
  if (!keys.of(origin).some(({ key }) => isSigned(() => openCosigned(note, key))))
    return 'its checkpoint is not signed by a key of the log';
  if (!found) return 'no record that was read ends there';
  return found.isSame ? undefined : 'its root is another than that of the record';
}
