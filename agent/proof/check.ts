import {
  eventDocumentId,
  isOrigin,
  leafHash,
  logIdOf,
  logName,
  openCosigned,
  openSharedPath,
  parseSharedProofs,
  parseTlogProof,
  parseVerifierKey,
  rootOfPath,
  SealError,
  sharedProofsText,
  tlogProofText,
} from '../seal/index.ts';
import type { Checkpoint, VerifierKey } from '../seal/index.ts';
import type { TrustFile } from '../trust/index.ts';
import { eventPlace, parseManifest } from '../verify/index.ts';
import { files, linkFiles } from './layout.ts';
import { sumsOf } from './write.ts';

/** An event that is what was sealed. */
export interface CheckedEvent {
  /** `_id` that its document has. */
  id: string;
  origin: string;
  index: number;
  vkey: string;
  entry: Buffer;
  /** The checkpoint that proves it, whole. */
  checkpoint: string;
}

export interface Checked {
  events: CheckedEvent[];
  /** What does not fit, and in which file. Where there is any, nothing is proved. */
  problems: Problem[];
  /** vkeys that it all rests on. */
  starts: string[];
  /** Whether these are in a trust file. */
  trusted: boolean;
}

export interface Problem {
  file: string;
  problem: string;
}

/** Judges the files of a proof by nothing but what is in them, and a trust file where there is one. Never throws for what is in them. */
export function checkProof(content: ReadonlyMap<string, Buffer>, trust: TrustFile | undefined): Checked {
  const check = new Check(content, trust);
  check.sums();
  check.keys();
  check.links();
  const events = check.events();
  check.rest();
  const { problems, starts } = check;
  return { events, problems, starts, trusted: trust !== undefined };
}

class Check {
  readonly problems: Problem[] = [];
  readonly starts: string[] = [];
  readonly #content: ReadonlyMap<string, Buffer>;
  readonly #trust: TrustFile | undefined;
  readonly #keys = new Map<string, VerifierKey>();
  /** Keys of which something was proved. */
  readonly #used = new Set<string>();
  readonly #known = new Set<string>([files.sums, files.readme, files.keys]);

  constructor(content: ReadonlyMap<string, Buffer>, trust: TrustFile | undefined) {
    this.#content = content;
    this.#trust = trust;
  }

  /** Damage, in whatever file: it says which. Whoever changes something on purpose makes the sums anew, and meets the rest. */
  sums(): void {
    if (this.#content.get(files.sums)?.toString() === sumsOf(this.#content)) return;
    const listed = new Set(this.#text(files.sums).split('\n'));
    const wanted = sumsOf(this.#content).split('\n');
    const others = wanted.filter((line) => !listed.has(line)).map((line) => line.slice(66));
    this.#problem(
      files.sums,
      others.length > 0
        ? `it has another digest of ${others.slice(0, 5).join(', ')}`
        : 'it is not what sha256sum writes of the other files',
    );
  }

  keys(): void {
    const text = this.#text(files.keys);
    const trusted = new Set(this.#trust?.logs.map(({ vkey }) => vkey));
    for (const line of text.split('\n').slice(0, -1))
      this.#try(files.keys, () => {
        const key = parseVerifierKey(line);
        if (!isOrigin(key.name)) throw new Unfit('a key in it is not that of a log');
        if (this.#trust && !trusted.has(line)) throw new Unfit(`${line} is not in the trust file`);
        if (this.#keys.has(key.name)) throw new Unfit(`it has two keys of ${key.name}`);
        this.#keys.set(key.name, key);
        this.starts.push(line);
      });
    if (!text.endsWith('\n') || this.starts.length === 0)
      this.#problem(files.keys, 'it is not one key a line');
  }

  /** Manifests that name the next key, in the order of their epochs. */
  links(): void {
    const logIds = [...this.#content.keys()].flatMap(
      (name) => /^links\/([0-9a-f]{16})\.json$/u.exec(name)?.[1] ?? [],
    );
    const waiting = new Set(logIds);
    // A key that a link names is met by the same loop.
    for (const key of this.#keys.values()) {
      const logId = logIdOf(key.text);
      if (waiting.delete(logId)) this.#link(logId, key);
    }
    for (const logId of waiting)
      this.#problem(linkFiles(logId).manifest, 'no key that is known has signed it, or it is of no use');
  }

  events(): CheckedEvent[] {
    const isOne = this.#content.has(files.event);
    return isOne ? this.#one() : this.#several();
  }

  /** What is not needed has no place in it: nobody would know what it says. */
  rest(): void {
    for (const name of this.#content.keys())
      if (!this.#known.has(name)) this.#problem(name, 'it is no part of a proof');
    for (const { name, text } of this.#keys.values())
      if (!this.#used.has(text) && this.problems.length === 0)
        this.#problem(files.keys, `nothing here is of ${name}`);
  }

  #link(logId: string, key: VerifierKey): void {
    const { manifest: manifestFile, proof: proofFile } = linkFiles(logId);
    this.#know(manifestFile, proofFile);
    const entry = this.#content.get(manifestFile)!;
    if (!this.#proved(proofFile, manifestFile, entry)) return;
    const manifest = parseManifest(entry.toString());
    const next = manifest?.notices.flatMap((notice) =>
      notice.kind === 'next' && 'vkey' in notice ? [notice.vkey] : [],
    );
    this.#try(manifestFile, () => {
      if (manifest?.origin !== key.name || !next?.length)
        throw new Unfit(`it is no manifest of ${key.name} that names a key`);
      for (const vkey of next) {
        const named = parseVerifierKey(vkey);
        // One node's key must not speak for another's (docs/seal-format.md §8.2).
        if (!isOrigin(named.name) || logName(named.name) !== logName(key.name) || named.name <= key.name)
          throw new Unfit(`it names ${named.name}, which is no later epoch of ${logName(key.name)}`);
        if (this.#keys.has(named.name)) throw new Unfit(`it names a second key of ${named.name}`);
        this.#keys.set(named.name, named);
      }
    });
  }

  #one(): CheckedEvent[] {
    this.#know(files.event, files.eventProof);
    const entry = this.#content.get(files.event)!;
    const proved = this.#proved(files.eventProof, files.event, entry);
    return proved ? this.#event(files.event, { ...proved, entry }) : [];
  }

  #several(): CheckedEvent[] {
    this.#know(files.events, files.eventsProof);
    const content = this.#content.get(files.events);
    const proofs = this.#try(files.eventsProof, () => {
      const text = this.#text(files.eventsProof);
      const parsed = parseSharedProofs(text);
      if (sharedProofsText(parsed) !== text) throw new Unfit('it is not written as its parts give it');
      return parsed;
    });
    if (!content || !proofs) {
      if (!content) this.#problem(files.events, 'it is not there, and there is no event.json either');
      return [];
    }
    const entries = linesOf(content);
    const indexes = proofs.map((proof) => count(proof.indexes));
    const wanted = indexes.reduce((sum, each) => sum + each, 0);
    if (!entries || entries.length !== wanted) {
      this.#problem(files.events, `it has not the ${wanted} lines that ${files.eventsProof} is about`);
      return [];
    }
    let at = 0;
    return proofs.flatMap(({ indexes: ranges, hashes, checkpoint }, part) => {
      const some = entries.slice(at, at + indexes[part]!);
      at += some.length;
      const places = ranges.flatMap(({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, i) => first + i),
      );
      const opened = this.#opened(files.eventsProof, checkpoint);
      if (!opened) return [];
      const shared = openSharedPath(opened.size, places, some.map(leafHash), hashes);
      if (!shared?.root.equals(opened.root)) {
        this.#problem(
          files.events,
          `lines ${at - some.length + 1} to ${at} and the hashes of ${files.eventsProof} do not give the root that ${opened.origin} has signed at size ${opened.size}`,
        );
        return [];
      }
      return some.flatMap((entry, i) =>
        this.#event(files.events, { entry, index: places[i]!, key: opened.key, checkpoint }),
      );
    });
  }

  /** An entry and its tlog-proof. */
  #proved(
    proofFile: string,
    entryFile: string,
    entry: Buffer,
  ): { index: number; key: VerifierKey; checkpoint: string } | undefined {
    const proof = this.#try(proofFile, () => {
      const text = this.#text(proofFile);
      const parsed = parseTlogProof(text);
      if (tlogProofText(parsed) !== text) throw new Unfit('it is not written as its parts give it');
      return parsed;
    });
    const opened = proof && this.#opened(proofFile, proof.checkpoint);
    if (!opened) return undefined;
    const root = rootOfPath(opened.size, proof.index, leafHash(entry), proof.path);
    if (root?.equals(opened.root))
      return { index: proof.index, key: opened.key, checkpoint: proof.checkpoint };
    this.#problem(
      entryFile,
      `its hash and those of ${proofFile} do not give the root that ${opened.origin} has signed at size ${opened.size}`,
    );
    return undefined;
  }

  #opened(file: string, checkpoint: string): (Checkpoint & { key: VerifierKey }) | undefined {
    return this.#try(file, () => {
      const [origin = ''] = checkpoint.split('\n', 1);
      const key = this.#keys.get(origin);
      if (!key) throw new Unfit(`no key here leads to that of ${origin.slice(0, 300)}`);
      const opened = openCosigned(checkpoint, key);
      if (opened.origin !== origin) throw new Unfit(`its key is not that of ${origin}`);
      this.#used.add(key.text);
      return { ...opened, key };
    });
  }

  /** The entry's own word of its place is signed, and must be that of the proof: else it is another kind of leaf. */
  #event(
    file: string,
    { entry, index, key, checkpoint }: { entry: Buffer; index: number; key: VerifierKey; checkpoint: string },
  ): CheckedEvent[] {
    const place = eventPlace(entry);
    if (place.origin !== key.name || place.index !== index) {
      this.#problem(file, `index ${index} of ${key.name} is no event that says so`);
      return [];
    }
    const id = eventDocumentId(logIdOf(key.text), index, leafHash(entry));
    return [{ id, origin: key.name, index, vkey: key.text, entry, checkpoint }];
  }

  #text(file: string): string {
    const content = this.#content.get(file);
    if (!content) return '';
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    } catch {
      return '';
    }
  }

  #know(...names: string[]): void {
    for (const name of names) this.#known.add(name);
  }

  #try<Value>(file: string, read: () => Value): Value | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SealError || error instanceof Unfit)) throw error;
      this.#problem(file, error.message);
      return undefined;
    }
  }

  #problem(file: string, problem: string): void {
    this.problems.push({ file, problem });
  }
}

/** What does not fit, where no other room says it. */
class Unfit extends Error {}

/** Each without its newline; undefined where the last has none. */
function linesOf(content: Buffer): Buffer[] | undefined {
  const lines: Buffer[] = [];
  for (let at = 0; at < content.length;) {
    const end = content.indexOf(0x0a, at);
    if (end < 0) return undefined;
    lines.push(content.subarray(at, end));
    at = end + 1;
  }
  return lines;
}

function count(ranges: readonly { first: number; last: number }[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
