import { isUrgent } from '../notify/index.ts';
import { copiesNotices } from '../seal/index.ts';
import type { EpochStart, Notice } from '../seal/index.ts';
import type { CopiesRow, Refusal } from '../store/index.ts';
import type { NamedText } from './named-text.ts';
import type { RefusedPolicy } from './policy-in-force.ts';

export interface NoticesParts {
  policy: NamedText;
  config: NamedText;
  /** The digests that the newest durable batch was sealed under. */
  sealedUnder: { policy: string | null; config: string | null };
  /** How the epoch began, if nothing has been sealed in it. */
  epochStart: Pick<EpochStart, 'reason' | 'previous'> | undefined;
  /** RFC 3339: when the newest batch was sealed; null if none was. */
  sealedAt: string | null;
  /** Durable, and in no manifest yet. */
  refusals: readonly Refusal[];
  copies: readonly CopiesRow[];
  now: () => Date;
}

/** The notices of one manifest, and what they announce: durable with its batch. */
export interface TakenNotices {
  notices: Notice[];
  refusals: Pick<Refusal, 'origin' | 'index'>[];
  copies: CopiesRow[];
}

/** What the next manifest of a source says beside its events (docs/seal-format.md §2, "Notices"). */
export class Notices {
  readonly #parts: NoticesParts;
  #pending: Notice[];
  #refusals: Refusal[];
  #copies: CopiesRow[];
  #sealedAt: string | null;
  #policy: NamedText;

  constructor(parts: NoticesParts) {
    this.#parts = parts;
    this.#refusals = [...parts.refusals];
    this.#copies = [...parts.copies];
    this.#sealedAt = parts.sealedAt;
    this.#policy = parts.policy;
    this.#pending = this.#startNotices();
  }

  /** Whether something is to be said that shall be known soon. */
  get isUrgent(): boolean {
    return this.#pending.some((notice) => isUrgent(notice));
  }

  add(notice: Notice): void {
    this.#pending.push(notice);
  }

  /** From the next manifest on events are decided by another policy. */
  usePolicy(policy: NamedText): void {
    const before = this.#policy.sha256;
    this.#policy = policy;
    this.add({ kind: 'policy', at: this.#parts.now().toISOString(), text: policy.text, before });
  }

  /** A changed policy could not be used. */
  refusePolicy({ sha256: refused, problem }: RefusedPolicy): void {
    const at = this.#parts.now().toISOString();
    const before = this.#policy.sha256;
    this.add({ kind: 'policy', at, before, problem, ...(refused !== undefined && { refused }) });
  }

  /** Announces refusals that have become durable. */
  addRefusals(refusals: readonly Refusal[]): void {
    this.#refusals.push(...refusals);
  }

  /** Announces copies that are possible, which is durable. */
  addCopies(copies: readonly CopiesRow[]): void {
    this.#copies.push(...copies);
  }

  /** All that a manifest of `origin`, sealed at `now`, has to say. It is given once. */
  take(origin: string, now: Date): TakenNotices {
    this.#addClockStep(now);
    const refusals = this.#refusals.filter((refusal) => refusal.origin === origin);
    // A refusal of an epoch that has ended has no manifest left to be announced in: `verify` finds its signed note.
    this.#refusals = this.#refusals.filter((refusal) => refusal.origin !== origin);
    const copies = this.#copies;
    this.#copies = [];
    const notices = [
      ...this.#pending,
      ...refusals.map(({ index, status, type, at }) => ({
        kind: 'refused' as const,
        at,
        index,
        status,
        type,
      })),
      ...copiesNotices(copies, origin),
    ];
    this.#pending = [];
    return { notices, refusals: refusals.map(({ index }) => ({ origin, index })), copies };
  }

  /** The first manifest of the epoch says how it began, and whole what it is sealed under. */
  beginEpoch({ reason, previous }: Pick<EpochStart, 'reason' | 'previous'>): void {
    this.#pending.push(...this.#epochNotices({ reason, previous }));
  }

  #startNotices(): Notice[] {
    const at = this.#parts.now().toISOString();
    const { epochStart, config, sealedUnder } = this.#parts;
    const policy = this.#policy;
    const before = sealedUnder.policy;
    const start: Notice = { kind: 'start', at };
    if (epochStart) return [start, ...this.#epochNotices(epochStart)];
    const notices: Notice[] = [start];
    if (before !== policy.sha256)
      notices.push({ kind: 'policy', at, text: policy.text, ...(before !== null && { before }) });
    if (sealedUnder.config !== config.sha256) notices.push({ kind: 'config', at, text: config.text });
    return notices;
  }

  #epochNotices({ reason, previous }: Pick<EpochStart, 'reason' | 'previous'>): Notice[] {
    const at = this.#parts.now().toISOString();
    const { config } = this.#parts;
    return [
      { kind: 'epoch', at, reason, ...(previous !== null && { previous }) },
      { kind: 'policy', at, text: this.#policy.text },
      { kind: 'config', at, text: config.text },
    ];
  }

  /** Batches are ordered by number; a reader should still know why their times are not. */
  #addClockStep(now: Date): void {
    const before = this.#sealedAt === null ? undefined : Date.parse(this.#sealedAt);
    if (before !== undefined && now.getTime() < before) {
      this.#pending.push({
        kind: 'clock',
        at: now.toISOString(),
        seconds: (now.getTime() - before) / 1000,
      });
    }
    this.#sealedAt = now.toISOString();
  }
}
