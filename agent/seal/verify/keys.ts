import { logIdOf, logName, parseVerifierKey, SealError, type VerifierKey } from '../index.ts';
import type { Trust } from './trust.ts';

export type KeySource = 'trust file' | 'next' | 'the log itself' | 'marker';

export interface LogKey {
  key: VerifierKey;
  logId: string;
  source: KeySource;
}

/**
 * Which key is whose (docs/seal-format.md §8.2). The order of precedence: the trust file, a `next` notice of a valid
 * record, and only without a trust file what the log itself says.
 */
export class KeyRing {
  readonly trusting: boolean;
  readonly #keys = new Map<string, LogKey>();
  readonly #origins = new Map<string, string>();
  readonly #named = new Map<string, Set<string>>();

  /** `named`: keys that an earlier reading of the same records found in `next` notices. */
  constructor(trust: Trust | undefined, named: Iterable<VerifierKey>) {
    this.trusting = trust !== undefined;
    for (const { vkey } of trust?.logs ?? []) this.#set(parseVerifierKey(vkey), 'trust file');
    for (const key of named) if (!this.#keys.has(key.name)) this.#set(key, 'next');
  }

  of(origin: string): LogKey | undefined {
    return this.#keys.get(origin);
  }

  originOf(logId: string): string | undefined {
    return this.#origins.get(logId);
  }

  origins(): string[] {
    return [...this.#keys.keys()];
  }

  /** Whether any epoch of the (cluster, node, source) has a key. */
  hasEpochOf(name: string): boolean {
    return this.origins().some((origin) => logName(origin) === name);
  }

  /** Whether a `next` of a valid record named the key of this origin. */
  isLinked(origin: string): boolean {
    const held = this.#keys.get(origin);
    return held !== undefined && (this.#named.get(origin)?.has(held.key.text) ?? false);
  }

  /** The first key that a log shows for itself; only without a trust file. */
  adopt(key: VerifierKey, source: 'the log itself' | 'marker'): void {
    if (!this.trusting && !this.#keys.has(key.name)) this.#set(key, source);
  }

  /**
   * Takes the vkey of a valid record's `next`. Returns it if it takes the place of a key that the log itself showed:
   * what was judged under that one must be judged again.
   */
  name(vkey: unknown): { key: VerifierKey; replaces: boolean; isNew: boolean } | undefined {
    const key = parseKey(vkey);
    if (!key) return undefined;
    const all = this.#named.get(key.name) ?? new Set();
    this.#named.set(key.name, all.add(key.text));
    const held = this.#keys.get(key.name);
    if (held === undefined || held.source === 'the log itself') this.#set(key, 'next');
    const replaces = held?.source === 'the log itself' && held.key.text !== key.text;
    return { key, replaces, isNew: held === undefined };
  }

  #set(key: VerifierKey, source: KeySource): void {
    const logId = logIdOf(key.text);
    this.#keys.set(key.name, { key, logId, source });
    this.#origins.set(logId, key.name);
  }
}

function parseKey(vkey: unknown): VerifierKey | undefined {
  if (typeof vkey !== 'string') return undefined;
  try {
    return parseVerifierKey(vkey);
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}
