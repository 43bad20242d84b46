import type { AuditEvent } from '../event/index.ts';
import { Candidates } from './candidates.ts';
import { Overrun } from './evaluator.ts';
import { missing } from './outcome.ts';
import type { Rule } from './rule.ts';
import type { RuleSet } from './rule-set.ts';
import { Values } from './values.ts';
import { Window } from './window.ts';
import type { WindowStates } from './window.ts';

/** Items of lists that one condition may go through for one event: some milliseconds. */
const stepsMax = 100_000;
/** So many overruns switch a rule off. */
const overrunsMax = 10;
/** For so long: who can make a rule overrun shall not be rid of it for good. */
const offMilliseconds = 600_000;

/**
 * Something about a rule that belongs into the log. `errors`: of some event it is neither true nor false; said once a process.
 * `off`: it costs too much, and is not asked until then (RFC 3339).
 */
export type RuleProblem =
  | { readonly rule: string; readonly state: 'errors' }
  | { readonly rule: string; readonly state: 'off'; readonly until: string };

export interface DetectorOptions {
  readonly ruleSet: RuleSet;
  /** The agent's own namespace. */
  readonly ownNamespace: string;
  /** What the windows had remembered with the last batch. */
  readonly windows?: WindowStates | undefined;
  readonly onProblem?: (problem: RuleProblem) => void;
}

interface Watch {
  readonly window: Window | undefined;
  overruns: number;
  /** Milliseconds since 1970; it is not asked before. */
  offUntil: number;
  errors: number;
}

const noRules: readonly Rule[] = [];

/** Asks all rules of each event of one source, in order. */
export class Detector {
  readonly #options: DetectorOptions;
  readonly #values: Values;
  #ruleSet: RuleSet;
  #candidates: Candidates;
  #watched: Map<Rule, Watch>;
  #isChanged = true;
  #stored = '';

  constructor(options: DetectorOptions) {
    this.#options = options;
    this.#values = new Values(options.ownNamespace);
    this.#ruleSet = options.ruleSet;
    this.#candidates = new Candidates(options.ruleSet.rules, options.ownNamespace);
    this.#watched = this.#watch(options.ruleSet, options.windows ?? {});
  }

  get ruleSet(): RuleSet {
    return this.#ruleSet;
  }

  /** Goes on with other rules. Windows of rules that are the same keep what they have remembered. */
  use(ruleSet: RuleSet): void {
    const states = this.#states();
    this.#ruleSet = ruleSet;
    this.#candidates = new Candidates(ruleSet.rules, this.#options.ownNamespace);
    this.#watched = this.#watch(ruleSet, states);
    this.#isChanged = true;
  }

  /**
   * The rules that fire for an event. `line` is what it was parsed from. A RequestReceived says nothing yet of what came of the
   * request, and is not asked about. Never throws.
   */
  detect(event: AuditEvent, line: Buffer, readAt: Date): readonly Rule[] {
    if (event.stage === 'RequestReceived') return noRules;
    const candidates = this.#candidates.of(event);
    if (candidates.length === 0) return noRules;
    this.#values.begin(event, line);
    let fired: Rule[] | undefined;
    for (const rule of candidates) if (this.#fires(rule, event, readAt)) (fired ??= []).push(rule);
    this.#values.end();
    return fired ?? noRules;
  }

  /** What is stored with a batch, so that the windows go on from there: JSON of {@link WindowStates}. */
  get stored(): string {
    if (this.#isChanged) {
      this.#stored = JSON.stringify(this.#states());
      this.#isChanged = false;
    }
    return this.#stored;
  }

  #fires(rule: Rule, event: AuditEvent, readAt: Date): boolean {
    const watch = this.#watched.get(rule)!;
    if (watch.offUntil > 0) {
      if (readAt.getTime() < watch.offUntil) return false;
      watch.offUntil = 0;
    }
    try {
      this.#values.steps = stepsMax;
      const isHit = this.#isTrue(rule, rule.when(this.#values), watch);
      if (watch.window === undefined) return isHit;
      const isFirst = rule.after !== undefined && this.#isTrue(rule, rule.after(this.#values), watch);
      if (!isHit && !isFirst) return false;
      this.#isChanged = true;
      return watch.window.fires(this.#values, timeOf(event, readAt), { isHit, isFirst });
    } catch (error) {
      if (!(error instanceof Overrun)) throw error;
      this.#overran(rule, watch, readAt);
      return false;
    }
  }

  #isTrue(rule: Rule, value: unknown, watch: Watch): boolean {
    if (value !== missing) return value === true;
    // It stays on: a body that makes a rule fail is easily sent, and must not rid its sender of the rule.
    if (watch.errors++ === 0) this.#options.onProblem?.({ rule: rule.text.id, state: 'errors' });
    return false;
  }

  #overran({ text }: Rule, watch: Watch, readAt: Date): void {
    watch.overruns += 1;
    if (watch.overruns < overrunsMax) return;
    watch.overruns = 0;
    watch.offUntil = readAt.getTime() + offMilliseconds;
    const until = new Date(watch.offUntil).toISOString();
    this.#options.onProblem?.({ rule: text.id, state: 'off', until });
  }

  #watch({ rules }: RuleSet, states: WindowStates): Map<Rule, Watch> {
    return new Map(
      rules.map((rule) => {
        const { id, window } = rule.text;
        return [
          rule,
          { window: window && new Window(rule, window, states[id]), overruns: 0, offUntil: 0, errors: 0 },
        ];
      }),
    );
  }

  #states(): WindowStates {
    return Object.fromEntries(
      [...this.#watched].flatMap(([{ text }, { window }]) => (window ? [[text.id, window.state]] : [])),
    );
  }
}

/** When the apiserver wrote it, but never after it was read: a date of a far year would outlive every window. */
function timeOf({ stageTimestamp }: AuditEvent, readAt: Date): number {
  const read = readAt.getTime();
  const time = typeof stageTimestamp === 'string' ? Date.parse(stageTimestamp) : NaN;
  return time <= read ? time : read;
}
