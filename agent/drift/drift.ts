import { setTimeout as sleep } from 'node:timers/promises';
import { hash } from 'node:crypto';
import { messageOf } from '../error.ts';
import type { Notice } from '../seal/index.ts';
import { decodeAuditPolicy, diffPolicies, wordsOf } from '../audit-policy/index.ts';
import { askApiserver, examine } from './examine.ts';
import type { Answered, Examined, LookSettings } from './examine.ts';
import { readExpectations } from './expectations.ts';
import { cutText, ours, problem, sameness } from './finding.ts';
import type { Finding } from './finding.ts';
import { KeptPolicies } from './kept-policies.ts';
import { compareLevels, LogChecks, notCompared } from './log-checks.ts';
import { LogSigns } from './log-signs.ts';

export type DriftNotice = Extract<Notice, { kind: 'drift' }>;

/** What the manifests of a log have said, so that it is not said again: stored with each batch. */
export interface DriftState {
  /** The digest of the audit policy that was said last. */
  readonly policy?: string | undefined;
  /** When, in milliseconds since 1970. */
  readonly policyAt?: number | undefined;
  /** By the id of a finding, what it was. */
  readonly said: Readonly<Record<string, string>>;
}

export interface DriftOptions {
  readonly seconds: number;
  readonly looks: Omit<LookSettings, 'expectations'>;
  readonly expectationsFile: string | undefined;
  readonly stateDir: string;
  readonly sources: readonly string[];
  readonly now: () => Date;
  /** Elasticsearch's side; asked once an hour. */
  readonly elasticsearch: (signal: AbortSignal) => Promise<Finding[]>;
  /** All findings of a look, with the digest of the audit policy where it is read. */
  readonly onFindings: (findings: readonly Finding[], policy: string | undefined) => void;
  /** A finding is another than before. */
  readonly onNotice: (notice: DriftNotice) => void;
  readonly onFailure: (error: unknown) => void;
  readonly windowMilliseconds?: number;
}

/** The metrics of an apiserver are large, and what Elasticsearch has is changed by hand. */
const apiserverMilliseconds = 600_000;
const elasticsearchMilliseconds = 3_600_000;
/** Notices: so many at once, and then one a minute. Somebody may make a finding come and go. */
const noticesMax = 60;
const noticeMilliseconds = 60_000;
/** The digest of the audit policy is said anew so often, so that `verify` of a day sees it on each node. */
const policyMilliseconds = 43_200_000;
/** Of one change of a policy. */
const sentencesMax = 20;

/** What is said at a start, even if it is as it should be: what later changes are measured against. */
const baseline: ReadonlySet<string> = new Set(['audit-policy', 'audit-flags', 'expectations']);

/** Looks again and again at what decides what gets logged, and keeps what the log has not yet said of it. */
export class Drift {
  readonly #options: DriftOptions;
  readonly #signs: ReadonlyMap<string, LogSigns>;
  readonly #checks: ReadonlyMap<string, LogChecks>;
  readonly #kept: KeptPolicies;
  readonly #begun = Promise.withResolvers<void>();
  #findings = new Map<string, Finding>();
  #said = new Map<string, string>();
  #saidPolicy: string | undefined;
  #saidPolicyAt: number | undefined;
  #changes: { digest: string; words: string[]; isWeaker: boolean } | undefined;
  #notices: DriftNotice[] = [];
  /** Something was said since the state was taken last. */
  #isNew = false;
  #tokens = noticesMax;
  #tokensAt: number | undefined;
  #answered:
    { at: number; of: Answered; levels: ReadonlyMap<string, ReadonlyMap<string, number>> } | undefined;
  readonly #compared = new Map<string, Finding>();
  /** The agent itself looks at the streams when it starts. */
  #elasticsearchAt: number | undefined;
  #ofElasticsearch: readonly Finding[] = [];

  constructor(options: DriftOptions) {
    this.#options = options;
    this.#kept = new KeptPolicies(options.stateDir);
    this.#signs = new Map(
      options.sources.map((source) => [source, new LogSigns(options.windowMilliseconds)]),
    );
    this.#checks = new Map([...this.#signs].map(([source, signs]) => [source, new LogChecks(signs)]));
  }

  /** Counts the events of a source. */
  signsOf(source: string): LogSigns {
    const signs = this.#signs.get(source);
    if (signs === undefined) throw new Error(`no such source: ${source}`);
    return signs;
  }

  /** The log of a source says from now on what has changed: the first of the configuration. */
  follow(state: DriftState | undefined): FollowedDrift {
    this.#said = new Map(Object.entries(state?.said ?? {}));
    this.#saidPolicy = state?.policy;
    this.#saidPolicyAt = state?.policyAt;
    this.#notices = [];
    this.#begun.resolve();
    // What is stored is what was handed out: a look between the two would be lost with a crash.
    let handed = this.#state();
    return {
      notices: () => {
        if (this.#isNew) handed = this.#state();
        return this.#notices.splice(0);
      },
      state: () => handed,
    };
  }

  #state(): DriftState {
    this.#isNew = false;
    return {
      policy: this.#saidPolicy,
      policyAt: this.#saidPolicyAt,
      said: Object.fromEntries(this.#said),
    };
  }

  /** Looks until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    // What the log has said before is known when its flow begins.
    await Promise.race([this.#begun.promise, aborted]);
    while (!signal.aborted) {
      await this.look(signal).catch((error: unknown) => {
        if (!signal.aborted) this.#options.onFailure(error);
      });
      await sleep(this.#options.seconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One look. Rejects for a fault of the state folder, or of ours. */
  async look(signal: AbortSignal): Promise<void> {
    const now = this.#options.now().getTime();
    const answered = await this.#apiserver(now, signal);
    const { findings, policy } = await this.#examine(answered, signal);
    const answers = answered?.metrics === undefined ? undefined : true;
    const ofLogs = [...this.#checks].flatMap(([source, checks]) => [
      ...checks.findings({ source, answers, now }),
      ...(answered?.metrics ? [this.#compared.get(source) ?? notCompared(source)] : []),
    ]);
    await this.#lookAtElasticsearch(now, signal);
    await this.#comparePolicy(policy);
    this.#publish([...findings, ...ofLogs, ...this.#ofElasticsearch], policy?.digest, now);
  }

  async #examine(answered: Answered | undefined, signal: AbortSignal): Promise<Examined> {
    const { looks, expectationsFile } = this.#options;
    if (expectationsFile === undefined) return await examine(looks, signal, answered);
    try {
      const expectations = await readExpectations(expectationsFile);
      return await examine({ ...looks, expectations }, signal, answered);
    } catch (error) {
      const unused = problem({
        id: 'expectations',
        name: 'file of expectations',
        found: messageOf(error),
        expected: 'a file that can be used',
        why: ours,
        remedy: 'Until it is corrected, what is expected of any installation is expected here.',
      });
      const examined = await examine(looks, signal, answered);
      return { ...examined, findings: [...examined.findings, unused] };
    }
  }

  /** What it says is used until it is asked again. */
  async #apiserver(now: number, signal: AbortSignal): Promise<Answered | undefined> {
    const { looks } = this.#options;
    if (looks.apiserver === undefined) return undefined;
    const before = this.#answered;
    if (before !== undefined && Math.abs(now - before.at) < apiserverMilliseconds) return before.of;
    const of = await askApiserver(looks.apiserver, signal);
    const levels = new Map([...this.#signs].map(([source, signs]) => [source, signs.levelCounts()]));
    // A counter that is lower is that of another process.
    const source = this.#options.sources[0];
    if (before?.of.metrics && of.metrics && source !== undefined)
      this.#compared.set(
        source,
        compareLevels(
          source,
          rises(before.of.metrics.levels, of.metrics.levels),
          rises(before.levels.get(source)!, levels.get(source)!),
        ),
      );
    this.#answered = { at: now, of, levels };
    return of;
  }

  /** An outage of Elasticsearch is no drift: what was seen before it stays. */
  async #lookAtElasticsearch(now: number, signal: AbortSignal): Promise<void> {
    const before = this.#elasticsearchAt;
    this.#elasticsearchAt ??= now - elasticsearchMilliseconds + 1;
    if (before === undefined || Math.abs(now - before) < elasticsearchMilliseconds) return;
    this.#elasticsearchAt = now;
    const found = await this.#options.elasticsearch(signal);
    const last = new Map(this.#ofElasticsearch.map((finding) => [finding.id, finding]));
    this.#ofElasticsearch = found.map((finding) =>
      finding.state === 'unchecked' ? (last.get(finding.id) ?? finding) : finding,
    );
  }

  /** Puts the change of a policy into words, if the one of before is kept. */
  async #comparePolicy(policy: Examined['policy']): Promise<void> {
    const { digest, text, policy: now } = policy ?? {};
    const before = this.#saidPolicy;
    if (digest === undefined || text === undefined || this.#changes?.digest === digest) return;
    if (before !== undefined && before !== digest && now !== undefined) {
      const old = await this.#kept.read(before);
      if (old !== undefined) {
        const diff = await diffPolicies(decodeAuditPolicy(old).policy, now);
        const words = wordsOf(diff);
        const more = words.length - sentencesMax;
        this.#changes = {
          digest,
          words: [
            ...words.slice(0, sentencesMax).map(cutText),
            ...(more > 0 ? [`and ${more} more changes`] : []),
          ],
          isWeaker: diff.changes.some(({ isWeaker }) => isWeaker),
        };
      }
    }
    await this.#kept.keep(digest, text, before === undefined ? [] : [before]);
  }

  #publish(findings: readonly Finding[], policy: string | undefined, now: number): void {
    this.#findings = new Map(findings.map((finding) => [finding.id, finding]));
    this.#options.onFindings(findings, policy);
    this.#refill(now);
    if (policy !== undefined && Math.abs(now - (this.#saidPolicyAt ?? now)) >= policyMilliseconds)
      this.#said.delete('audit-policy');
    for (const finding of this.#findings.values()) this.#say(finding, policy, now);
  }

  #say(finding: Finding, policy: string | undefined, now: number): void {
    const { id, state, found, expected } = finding;
    // That something may not be looked at is one thing, however it is said.
    const is = state === 'unchecked' ? state : `${state} ${hash('sha256', sameness(finding)).slice(0, 16)}`;
    const was = this.#said.get(id);
    if (was === is) return;
    const isFirst = was === undefined;
    const isSilent = isFirst && (state === 'ok' || state === 'unchecked') && !baseline.has(id);
    if (!isSilent && this.#tokens < 1) return;
    this.#said.set(id, is);
    this.#isNew = true;
    const isPolicy = id === 'audit-policy';
    const changes = isPolicy && policy !== this.#saidPolicy ? this.#changes : undefined;
    if (isPolicy && policy !== undefined) {
      this.#saidPolicy = policy;
      this.#saidPolicyAt = now;
    }
    if (isSilent) return;
    this.#tokens -= 1;
    const notice: DriftNotice = {
      kind: 'drift',
      at: this.#options.now().toISOString(),
      check: id,
      // A policy that takes something away is one that somebody should look at, however right it is otherwise.
      state: changes?.isWeaker && state === 'ok' ? 'warning' : state,
      found: cutText(found),
      expected: cutText(expected),
      ...(changes && { changes: changes.words }),
    };
    this.#notices.push(notice);
    this.#options.onNotice(notice);
  }

  #refill(now: number): void {
    this.#tokensAt ??= now;
    const minutes = Math.max(0, Math.floor((now - this.#tokensAt) / noticeMilliseconds));
    this.#tokens = Math.min(noticesMax, this.#tokens + minutes);
    this.#tokensAt = now < this.#tokensAt ? now : this.#tokensAt + minutes * noticeMilliseconds;
  }
}

/** What the flow of the source has to do with drift that says it. */
export interface FollowedDrift {
  /** For the next manifest; each is given once. */
  readonly notices: () => DriftNotice[];
  /** To be stored with the batch of that manifest. */
  readonly state: () => DriftState;
}

function rises(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...after].map(([key, count]) => [key, Math.max(0, count - (before.get(key) ?? 0))]));
}
