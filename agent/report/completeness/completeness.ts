import { sumOf } from '../../seal/index.ts';
import type { Manifest, Notice } from '../../seal/index.ts';
import { Counts } from './counts.ts';
import type { Counted } from './counts.ts';
import { Limited } from './limited.ts';
import type { Listed } from './limited.ts';
import { Timeline } from './timeline.ts';
import type { TimelineReport } from './timeline.ts';

/** What a batch says beside its events, its text members cut. */
export interface NoticeEntry {
  origin: string;
  batch: number;
  /** RFC 3339. */
  at: string;
  kind: string;
  /** Its other members. */
  details: Record<string, string>;
}

export interface GapEntry {
  origin: string;
  batch: number;
  sealedAt: string;
  reason: string;
  /** RFC 3339, of the events around it. */
  from: string | null;
  to: string | null;
  bytesMin: number | null;
}

/** A value of a setting, and the batches that were sealed under it. */
export interface InForce {
  value: string;
  batches: number;
  /** When the first and the last of them were sealed. */
  first: string;
  last: string;
}

/** The text of a policy that came into force in the time that was asked for. */
export interface PolicyText {
  origin: string;
  at: string;
  text: string;
  isCut: boolean;
}

/** What the signed manifests of the verified batches add up to. */
export interface CompletenessReport {
  timeline: TimelineReport;
  batches: number;
  /** Batches without events, which say that the log is alive. */
  heartbeats: number;
  /** Lines and pieces of lines that were read; events that were sealed; lines that were dropped, joined or no audit event. */
  read: number;
  sealed: number;
  dropped: number;
  joined: number;
  malformed: number;
  droppedByRule: Counted[];
  reducedByRule: Counted[];
  redactedByRule: Counted[];
  gaps: Listed<GapEntry>;
  gapsByReason: Counted[];
  /** Kinds of notices and how many there are of each. */
  noticeCounts: Counted[];
  notices: Record<string, Listed<NoticeEntry>>;
  policies: Listed<InForce>;
  policyTexts: Listed<PolicyText>;
  retentionDays: Listed<InForce>;
  heartbeatSeconds: Listed<InForce>;
  agents: Listed<InForce>;
}

const namesMax = 200;
const kindsMax = 30;
const listMax = 200;
const policyTextsMax = 8;
const policyCharsMax = 20_000;
const charsMax = 300;

/** Adds up manifests; what it holds does not grow with their number. */
export class Completeness {
  readonly #timeline: Timeline;
  readonly #totals = { batches: 0, heartbeats: 0, read: 0, sealed: 0, dropped: 0, joined: 0, malformed: 0 };
  readonly #dropped = new Counts(namesMax);
  readonly #reduced = new Counts(namesMax);
  readonly #redacted = new Counts(namesMax);
  readonly #gaps = new Limited<GapEntry>(listMax);
  readonly #gapReasons = new Counts(kindsMax);
  readonly #noticeCounts = new Counts(kindsMax);
  readonly #notices = new Map<string, Limited<NoticeEntry>>();
  readonly #policies = new SettingsInForce();
  readonly #policyTexts = new Limited<PolicyText>(policyTextsMax);
  readonly #retention = new SettingsInForce();
  readonly #heartbeat = new SettingsInForce();
  readonly #agents = new SettingsInForce();

  /** Milliseconds since 1970. */
  constructor(time: { since: number; until: number }) {
    this.#timeline = new Timeline(time);
  }

  /** Takes a batch that was verified. Of its members only those that the judgement uses are sure to have their type. */
  take(manifest: Manifest): void {
    const { count, read, pieces, joined, dropped, sealedAt } = manifest;
    const droppedLines = sumOf(dropped);
    this.#timeline.take(manifest, droppedLines);
    const totals = this.#totals;
    totals.batches += 1;
    totals.heartbeats += Number(count === 0);
    totals.read += read + pieces;
    totals.sealed += count;
    totals.dropped += droppedLines;
    totals.joined += joined;
    totals.malformed += numberOf(manifest.malformed);
    this.#dropped.addAll(dropped);
    this.#reduced.addAll(countsOf(manifest.reduced));
    this.#redacted.addAll(countsOf(manifest.redacted));
    this.#policies.take(textOf(manifest.policy), sealedAt);
    this.#retention.take(String(manifest.retentionDays), sealedAt);
    this.#heartbeat.take(String(manifest.heartbeatSeconds), sealedAt);
    this.#agents.take(agentOf(manifest.agent), sealedAt);
    for (const gap of manifest.gaps) this.#takeGap(manifest, gap);
    for (const notice of manifest.notices) this.#takeNotice(manifest, notice);
  }

  report(): CompletenessReport {
    return {
      timeline: this.#timeline.report(),
      ...this.#totals,
      droppedByRule: this.#dropped.list(),
      reducedByRule: this.#reduced.list(),
      redactedByRule: this.#redacted.list(),
      gaps: this.#gaps.report(),
      gapsByReason: this.#gapReasons.list(),
      noticeCounts: this.#noticeCounts.list(),
      notices: Object.fromEntries([...this.#notices].map(([kind, list]) => [kind, list.report()])),
      policies: this.#policies.report(),
      policyTexts: this.#policyTexts.report(),
      retentionDays: this.#retention.report(),
      heartbeatSeconds: this.#heartbeat.report(),
      agents: this.#agents.report(),
    };
  }

  #takeGap({ origin, batch, sealedAt }: Manifest, gap: Manifest['gaps'][number]): void {
    this.#gapReasons.add(textOf(gap.reason));
    this.#gaps.add(() => ({
      origin,
      batch,
      sealedAt,
      reason: textOf(gap.reason),
      from: gap.from === undefined ? null : textOf(gap.from),
      to: gap.to === undefined ? null : textOf(gap.to),
      bytesMin: typeof gap.bytesMin === 'number' ? gap.bytesMin : null,
    }));
  }

  #takeNotice({ origin, batch, sealedAt }: Manifest, notice: Notice): void {
    const { kind, at, ...others } = notice as { kind: string; at?: unknown } & Record<string, unknown>;
    const name = textOf(kind);
    this.#noticeCounts.add(name);
    const { text } = others;
    if (kind === 'policy' && typeof text === 'string') this.#takePolicyText(origin, textOf(at), text);
    let list = this.#notices.get(name);
    if (!list && this.#notices.size < kindsMax) this.#notices.set(name, (list = new Limited(listMax)));
    list?.add(() => ({
      origin,
      batch,
      at: typeof at === 'string' ? textOf(at) : sealedAt,
      kind: name,
      details: Object.fromEntries(
        Object.entries(others)
          .slice(0, kindsMax)
          .map(([member, value]) => [
            textOf(member),
            member === 'text' && typeof value === 'string' ? `${value.length} characters` : textOf(value),
          ]),
      ),
    }));
  }

  #takePolicyText(origin: string, at: string, text: string): void {
    this.#policyTexts.add(() => ({
      origin,
      at,
      text: text.slice(0, policyCharsMax).toWellFormed(),
      isCut: text.length > policyCharsMax,
    }));
  }
}

/** Values of one setting, with the batches under each. */
class SettingsInForce {
  readonly #values = new Map<string, InForce>();
  #more = 0;

  take(value: string, sealedAt: string): void {
    const found = this.#values.get(value);
    if (found) {
      found.batches += 1;
      if (sealedAt < found.first) found.first = sealedAt;
      if (sealedAt > found.last) found.last = sealedAt;
    } else if (this.#values.size < listMax)
      this.#values.set(value, { value, batches: 1, first: sealedAt, last: sealedAt });
    else this.#more += 1;
  }

  report(): Listed<InForce> {
    const list = [...this.#values.values()].toSorted((a, b) => (a.first < b.first ? -1 : 1));
    return { total: list.length + this.#more, list };
  }
}

function agentOf(agent: unknown): string {
  const { name, version } = (agent ?? {}) as { name?: unknown; version?: unknown };
  return `${textOf(name)} ${textOf(version)}`;
}

function countsOf(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, count]) => [textOf(name), numberOf(count)]));
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.slice(0, charsMax).toWellFormed();
}
