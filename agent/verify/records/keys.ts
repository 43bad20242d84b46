import { isOrigin, logIdOf, logName, parseVerifierKey, SealError } from '../../seal/index.ts';
import type { Notice, VerifierKey } from '../../seal/index.ts';
import type { TrustFile } from '../../trust/index.ts';

export type KeySource = 'trust file' | 'next' | 'the log itself' | 'marker';

export interface LogKey {
  key: VerifierKey;
  logId: string;
  source: KeySource;
}

/**
 * Which keys are whose (docs/seal-format.md §8.2): those of the trust file and of `next` notices of valid records; where
 * an origin has none, and only without a trust file, what the log itself says.
 */
export class KeyRing {
  readonly trusting: boolean;
  readonly #keys = new Map<string, LogKey[]>();
  readonly #byLogId = new Map<string, LogKey>();
  readonly #linked = new Set<string>();

  constructor(trust: TrustFile | undefined) {
    this.trusting = trust !== undefined;
    for (const { vkey } of trust?.logs ?? []) this.#add(parseVerifierKey(vkey), 'trust file');
  }

  /** All keys of an origin. */
  of(origin: string): readonly LogKey[] {
    return this.#keys.get(origin) ?? [];
  }

  has(origin: string): boolean {
    return this.#keys.has(origin);
  }

  /** The key of an origin that has this text. */
  get(origin: string, vkey: string | undefined): LogKey | undefined {
    return this.of(origin).find(({ key }) => key.text === vkey);
  }

  byLogId(logId: string): LogKey | undefined {
    return this.#byLogId.get(logId);
  }

  originOf(logId: string): string | undefined {
    return this.byLogId(logId)?.key.name;
  }

  origins(): string[] {
    return [...this.#keys.keys()];
  }

  /** Whether any epoch of the (cluster, node, source) has a key. */
  hasEpochOf(name: string): boolean {
    return this.origins().some((origin) => logName(origin) === name);
  }

  /** Whether a `next` of a valid record named a key of this origin. */
  isLinked(origin: string): boolean {
    return this.#linked.has(origin);
  }

  /** What the log shows for itself: only without a trust file, and only where nothing else speaks for the origin. */
  adopt(key: VerifierKey, source: 'the log itself' | 'marker'): void {
    if (!this.trusting && !this.has(key.name)) this.#add(key, source);
  }

  /**
   * Takes what a `next` of a valid record of `by` names. Only an earlier epoch of the same (cluster, node, source) may:
   * one node's key must not speak for another's.
   */
  name(by: string, { vkey }: Extract<Notice, { kind: 'next' }>): void {
    const key = parseKey(vkey);
    if (!key || !isOrigin(key.name) || logName(key.name) !== logName(by) || key.name <= by) return;
    this.#linked.add(key.name);
    if (!this.get(key.name, key.text)) this.#add(key, 'next');
  }

  #add(key: VerifierKey, source: KeySource): void {
    const logKey = { key, logId: logIdOf(key.text), source };
    this.#keys.set(key.name, [...this.of(key.name), logKey]);
    this.#byLogId.set(logKey.logId, logKey);
  }
}

function parseKey(vkey: string): VerifierKey | undefined {
  try {
    return parseVerifierKey(vkey);
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}
