import {
  cosignaturesBy,
  isOrigin,
  noteDocumentId,
  openCosigned,
  parseCheckpoint,
  SealError,
  splitNote,
} from '../../seal/index.ts';
import type { WitnessKey } from '../../seal/index.ts';
import type { Emit } from '../finding.ts';
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

  /** Takes a document of the record stream, if it is a cosignature by one of the witnesses that count. */
  take({ id, source }: StoredDocument): void {
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
    this.#bySize ??= Map.groupBy([...this.#cosigned.values(), ...this.#filed], placeOf);
    const all = this.#bySize.get(placeOf({ origin, size }));
    if (!all) return;
    const { root } = parseCheckpoint(splitNote(checkpoint).text);
    for (const kept of all) kept.found = { batch, sealedAt, isSame: kept.root.equals(root) };
  }

  /** Call when all counting records have been compared. */
  close(reading: Reading, emit: Emit): KeptReport {
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
    return { fixed, notCompared };
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
