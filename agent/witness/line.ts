import { CompactRange, consistencyProof, rootOf } from '../seal/index.ts';

/** The tree of a log at some size, whole. */
export interface Tree {
  size: number;
  tree: CompactRange;
}

/** What is asked of a witness. */
export interface Submission {
  /** Size of the tree that it has, as far as we know. */
  old: number;
  proof: Buffer[];
  /** The signed note. */
  checkpoint: string;
  size: number;
}

/** What a conflict comes to: it can go on, it needs the records since that size, or there is another tree than ours. */
export type Conflict = 'go on' | 'records' | 'fork';

/** As it is stored: hashes in base64. */
interface Stored {
  v: 1;
  vkey: string;
  size: number;
  tree: string;
  grown: string;
  pending?: { size: number; tree: string; checkpoint: string };
  since: string;
  newest: { size: number; tree: string; checkpoint: string };
  at?: number;
}

/**
 * How far one witness has followed one log: what it takes to prove to it that the log has only grown, in some kilobytes. The hashes
 * of old entries are gone from the node once Elasticsearch has them, so that they are taken in as batches are acknowledged.
 *
 * `base` is what the witness has cosigned last, `pending` what it is being asked for: until that is answered for nothing else is
 * asked, so that whatever answer was lost, the witness can only be at one of the two.
 */
export class Line {
  /** The log's. */
  readonly vkey: string;
  /** Seconds since 1970: when the witness cosigned last, by its own word. */
  cosignedAt: number | undefined;
  #base: Tree;
  /** From `base` to `pending`, or to the newest where there is none. */
  #grown: CompactRange;
  #pending: (Tree & { checkpoint: string }) | undefined;
  /** From `pending` to the newest. */
  #since: CompactRange;
  #newest: Tree & { checkpoint: string };

  /** Of a log that the witness may not have seen yet; `newest` is its tree after a batch. */
  constructor(vkey: string, newest: Tree & { checkpoint: string }) {
    this.vkey = vkey;
    this.#base = { size: 0, tree: new CompactRange(0) };
    this.#grown = newest.tree.clone();
    this.#since = new CompactRange(newest.size);
    this.#newest = newest;
  }

  static parse(text: string): Line {
    const stored = JSON.parse(text) as Stored;
    const { newest, pending } = stored;
    const line = new Line(stored.vkey, { ...parsedTree(newest), checkpoint: newest.checkpoint });
    line.#base = parsedTree(stored);
    line.#pending = pending && { ...parsedTree(pending), checkpoint: pending.checkpoint };
    const middle = pending?.size ?? newest.size;
    line.#grown = CompactRange.parse(stored.size, middle, Buffer.from(stored.grown, 'base64'));
    line.#since = CompactRange.parse(middle, newest.size, Buffer.from(stored.since, 'base64'));
    line.cosignedAt = stored.at;
    return line;
  }

  toString(): string {
    const stored: Stored = {
      v: 1,
      vkey: this.vkey,
      ...printedTree(this.#base),
      grown: base64(this.#grown),
      ...(this.#pending && {
        pending: { ...printedTree(this.#pending), checkpoint: this.#pending.checkpoint },
      }),
      since: base64(this.#since),
      newest: { ...printedTree(this.#newest), checkpoint: this.#newest.checkpoint },
      ...(this.cosignedAt !== undefined && { at: this.cosignedAt }),
    };
    return JSON.stringify(stored);
  }

  /** Size of the newest tree that Elasticsearch has. */
  get size(): number {
    return this.#newest.size;
  }

  /** Size of the tree that the witness has cosigned. */
  get cosignedSize(): number {
    return this.#base.size;
  }

  /** Takes the next batch that Elasticsearch has; false where it does not follow what is known. */
  take(batch: CompactRange, tree: CompactRange, checkpoint: string): boolean {
    if (batch.to <= this.#newest.size) return true;
    if (batch.from !== this.#newest.size) return false;
    (this.#pending ? this.#since : this.#grown).appendRange(batch);
    this.#newest = { size: batch.to, tree, checkpoint };
    if (!this.#pending) this.#since = new CompactRange(batch.to);
    return true;
  }

  /** What is to be asked for, if the witness is behind; the same until it is answered for. */
  next(): Submission | undefined {
    if (!this.#pending) {
      if (this.#newest.size === this.#base.size) return undefined;
      this.#pending = this.#newest;
      this.#since = new CompactRange(this.#newest.size);
    }
    const { size, checkpoint } = this.#pending;
    const proof = this.#base.size === 0 ? [] : consistencyProof(this.#base.tree, this.#grown);
    return { old: this.#base.size, proof, checkpoint, size };
  }

  /** The witness has cosigned what it was asked for, and its word is kept. */
  cosigned(at: number): void {
    if (!this.#pending) return;
    this.#base = this.#pending;
    this.#grown = this.#since;
    this.#pending = undefined;
    this.#since = new CompactRange(this.#newest.size);
    this.cosignedAt = at;
  }

  /** The witness says that it is at another size than we thought; `sealed` is that of the greatest tree that we have ever signed. */
  conflict(size: number, sealed: number): Conflict {
    if (size > sealed) return 'fork';
    if (size === 0) {
      this.#base = { size: 0, tree: new CompactRange(0) };
      this.#grown = (this.#pending ?? this.#newest).tree.clone();
      return 'go on';
    }
    if (size > (this.#pending?.size ?? 0) && size <= this.#newest.size) this.#askForNewest();
    if (size === this.#pending?.size) {
      this.#base = { size, tree: this.#pending.tree };
      this.#grown = new CompactRange(size);
      return 'go on';
    }
    return 'records';
  }

  /** Goes on from what the records say: the tree at the witness's size, and what was added up to the one that is asked for. */
  goOnFrom(tree: CompactRange, grown: CompactRange): boolean {
    const pending = this.#pending;
    if (pending?.size !== grown.to || !rootOf(tree, grown).equals(rootOf(pending.tree))) return false;
    this.#base = { size: tree.to, tree };
    this.#grown = grown;
    return true;
  }

  #askForNewest(): void {
    this.#pending = this.#newest;
    this.#since = new CompactRange(this.#newest.size);
  }
}

function parsedTree({ size, tree }: { size: number; tree: string }): Tree {
  return { size, tree: CompactRange.ofTree(size, Buffer.from(tree, 'base64')) };
}

function printedTree({ size, tree }: Tree): { size: number; tree: string } {
  return { size, tree: base64(tree) };
}

function base64(range: CompactRange): string {
  return range.bytes().toString('base64');
}
