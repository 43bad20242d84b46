import { eventDocumentId, eventId, hashBytes, leafHash } from '../../seal/index.ts';
import type { Batch } from './batches.ts';
import { candidateOf, isIdOf, isLeaf, matches } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import type { Emit } from '../finding.ts';
import type { Problems } from './problems.ts';
import type { Fates } from '../records/fates.ts';
import type { Refusals } from '../records/refusals.ts';
import { findIdsMax } from '../streams.ts';
import type { StoredDocument, Streams } from '../streams.ts';

const none = 0;
const whole = 1;
const refusedForm = 2;

export interface DocumentCounts {
  /** Events that are what was sealed. */
  ok: number;
  refused: number;
  copies: number;
}

/** The events of one batch: takes the documents that claim its indexes and says what each index has. */
export class BatchCheck {
  readonly batch: Batch;
  readonly #streams: Streams;
  readonly #refusals: Refusals;
  readonly #counts: DocumentCounts;
  readonly #emit: Emit;
  readonly #states: Uint8Array;
  /** Candidates that do not match, and of refused forms the first that does. */
  readonly #others = new Map<number, Candidate[]>();
  readonly #forms = new Map<number, Buffer>();
  /** Whether each index had one document and nothing else came. */
  #isSound: boolean;

  constructor(batch: Batch, streams: Streams, refusals: Refusals, counts: DocumentCounts, emit: Emit) {
    this.batch = batch;
    this.#streams = streams;
    this.#refusals = refusals;
    this.#counts = counts;
    this.#emit = (finding) => {
      this.#isSound = false;
      emit(finding);
    };
    this.#isSound = batch.from === batch.first;
    this.#states = new Uint8Array(batch.count);
  }

  holds(origin: string, index: number): boolean {
    const { batch } = this;
    return batch.origin === origin && index >= batch.from && index <= batch.first + batch.count;
  }

  /** Takes a document whose claim the batch holds. */
  take(document: StoredDocument, index: number): void {
    const { first, count, leaves, key, origin, batch } = this.batch;
    const offset = index - first;
    const { id, source } = document;
    if (offset === count) {
      const detail = 'at the index of a manifest, which has no document';
      this.#emit({
        finding: 'inserted',
        origin,
        index,
        batch,
        id,
        detail,
        hash: leafHash(source).toString('hex'),
      });
      return;
    }
    if (isIdOf(id, key.logId, index, leaves, offset) && isLeaf(leafHash(source), leaves, offset)) {
      if (this.#states[offset] === none) this.#match(offset, whole);
      else if (this.#states[offset] === whole) this.#countCopy();
      else this.#keep(index, { id, leaf: leafHash(source), refused: undefined });
      return;
    }
    this.#takeOther(document, index);
  }

  /** Looks once more for what is not there, then says what each index has. Afterwards the batch is done with. */
  async close(problems: Problems, fates: Fates): Promise<void> {
    const { first, from, count, origin, batch, key } = this.batch;
    const expiry = fates.expiry(this.batch);
    const erasureOf = fates.hasErasures(origin)
      ? (index: number) => fates.erasure(this.batch, index)
      : () => undefined;
    const absent: number[] = [];
    for (let offset = from - first; offset < count; offset += 1)
      if (this.#states[offset] === none && !this.#others.has(first + offset)) absent.push(first + offset);
    if (absent.length > 0) this.#isSound = false;
    const found = expiry && !fates.hasErasures(origin) ? new Set() : await this.#lookUp(absent);
    for (let index = from; index < first + count; index += 1) {
      const others = this.#others.get(index);
      const erasure = erasureOf(index);
      if (erasure && this.#states[index - first] !== none)
        this.#emit({ finding: 'not erased', origin, index, batch, id: eventId(key.logId, index) });
      if (found.has(index)) problems.add(this.batch, index, 'found');
      else if (this.#states[index - first] !== none)
        for (const { id, leaf } of others ?? []) {
          const hash = leaf.toString('hex');
          this.#emit({
            finding: 'inserted',
            origin,
            index,
            batch,
            id,
            hash,
            detail: 'beside the sealed event',
          });
        }
      else if (others) problems.add(this.batch, index, 'changed', { claimants: others });
      else {
        const { state = 'missing', report } = erasure ?? expiry ?? {};
        problems.add(this.batch, index, state, { report });
      }
    }
  }

  /** Once it is closed: how many documents in refused form a batch of which everything was there has; undefined of another. */
  get soundRefused(): number | undefined {
    return this.#isSound ? this.#forms.size : undefined;
  }

  #countCopy(): void {
    this.#isSound = false;
    this.#counts.copies += 1;
  }

  #takeOther(document: StoredDocument, index: number): void {
    const offset = index - this.batch.first;
    const candidate = candidateOf(document, index, this.batch.key, this.#refusals);
    if (!matches(candidate, this.batch, index)) this.#keep(index, candidate);
    else if (this.#states[offset] === none) {
      this.#match(offset, refusedForm);
      this.#counts.refused += 1;
      this.#forms.set(index, candidate.leaf);
    } else if (this.#forms.get(index)?.equals(candidate.leaf)) this.#countCopy();
    else this.#keep(index, candidate);
  }

  #match(offset: number, state: number): void {
    this.#states[offset] = state;
    this.#counts.ok += 1;
  }

  #keep(index: number, candidate: Candidate): void {
    this.#isSound = false;
    const others = this.#others.get(index);
    if (others) others.push(candidate);
    else this.#others.set(index, [candidate]);
  }

  /** The indexes whose documents a search by `_id` finds whole after all; what it finds otherwise becomes a candidate. */
  async #lookUp(absent: readonly number[]): Promise<Set<number>> {
    const { key, leaves, first } = this.batch;
    const found = new Set<number>();
    for (let at = 0; at < absent.length; at += findIdsMax) {
      const indexes = new Map<string, number>();
      for (const index of absent.slice(at, at + findIdsMax)) {
        const offset = (index - first) * hashBytes;
        const leaf = leaves.subarray(offset, offset + hashBytes);
        indexes.set(eventDocumentId(key.logId, index, leaf), index);
      }
      for await (const document of this.#streams.find([...indexes.keys()])) {
        const index = indexes.get(document.id);
        if (index === undefined) continue;
        const before = this.#states[index - first];
        this.take(document, index);
        if (before === none && this.#states[index - first] !== none) found.add(index);
      }
    }
    return found;
  }
}
