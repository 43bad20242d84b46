import { SealError } from './error.ts';
import { hashBytes } from './hash.ts';
import { parseBase64 } from './json.ts';
import { indexesText, parseIndexes } from './statement.ts';
import type { Erasure } from './statement.ts';

/**
 * A C2SP tlog-proof, by the draft of 2026-05-22 (it has no version yet): one leaf against one checkpoint. We write no `extra`
 * line, which nothing would authenticate, and take none.
 */
export interface TlogProof {
  index: number;
  /** The audit path, from the leaf's sibling to the root's child. */
  path: Buffer[];
  /** The whole note: the log's signature first, then cosignatures, if there are any. */
  checkpoint: string;
}

/** Several leaves of one tree; see {@link sharedPath}. */
export interface SharedProof {
  indexes: Erasure['indexes'];
  hashes: Buffer[];
  checkpoint: string;
}

const singleTitle = 'c2sp.org/tlog-proof@v1';
const sharedTitle = 'auditseal shared tlog-proof v1';

export function tlogProofText({ index, path, checkpoint }: TlogProof): string {
  return `${singleTitle}\nindex ${index}\n${hashLines(path)}\n${checkpoint}`;
}

/** Throws SealError `bad-proof` naming what is not of the form. */
export function parseTlogProof(text: string): TlogProof {
  const lines = new Lines(text);
  lines.expect(singleTitle);
  const index = Number(/^index (0|[1-9]\d{0,15})$/u.exec(lines.next())?.[1] ?? NaN);
  if (!Number.isSafeInteger(index)) throw bad('its second line is not “index N”');
  const path = lines.hashes(64);
  return { index, path, checkpoint: lines.rest() };
}

/** Several proofs, each against a checkpoint of its own, one after the other with an empty line between. */
export function sharedProofsText(proofs: readonly SharedProof[]): string {
  const parts = proofs.map(
    ({ indexes, hashes, checkpoint }) =>
      `indexes ${indexesText(indexes)}\n${hashLines(hashes)}\n${checkpoint}`,
  );
  return `${sharedTitle}\n${parts.join('\n')}`;
}

/** Throws SealError `bad-proof` naming what is not of the form. */
export function parseSharedProofs(text: string): SharedProof[] {
  const lines = new Lines(text);
  lines.expect(sharedTitle);
  const proofs: SharedProof[] = [];
  do {
    const line = lines.next();
    if (!line.startsWith('indexes ')) throw bad('a part does not begin with “indexes”');
    const indexes = indexesOf(line.slice('indexes '.length));
    const hashes = lines.hashes(Infinity);
    proofs.push({ indexes, hashes, checkpoint: lines.note() });
  } while (!lines.isAtEnd);
  return proofs;
}

function indexesOf(text: string): Erasure['indexes'] {
  try {
    return parseIndexes(text);
  } catch (cause) {
    throw bad('its indexes are not as 3,7-9', { cause });
  }
}

function hashLines(hashes: readonly Buffer[]): string {
  return hashes.map((hash) => `${hash.toString('base64')}\n`).join('');
}

class Lines {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  next(): string {
    const end = this.#text.indexOf('\n', this.#at);
    if (end < 0) throw bad('it ends within a line');
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return line;
  }

  expect(title: string): void {
    if (this.next() !== title) throw bad(`its first line is not “${title}”`);
  }

  /** Up to an empty line. */
  hashes(max: number): Buffer[] {
    const hashes: Buffer[] = [];
    for (let line = this.next(); line !== ''; line = this.next()) {
      const hash = parseBase64(line);
      if (hash?.length !== hashBytes || hashes.length === max)
        throw bad(`line “${line.slice(0, 60)}” is not a hash that belongs there`);
      hashes.push(hash);
    }
    return hashes;
  }

  /** A signed note: a text, an empty line, signature lines, and an empty line if anything follows. */
  note(): string {
    const start = this.#at;
    while (this.next() !== '');
    while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.next();
    const note = this.#text.slice(start, this.#at);
    if (this.#at < this.#text.length) this.next();
    return note;
  }

  rest(): string {
    return this.#text.slice(this.#at);
  }
}

function bad(why: string, options?: ErrorOptions): SealError {
  return new SealError('bad-proof', `this is no proof: ${why}`, options);
}
