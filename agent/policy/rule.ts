import type { Attributes } from './attributes.ts';
import { conditionsOf } from './conditions.ts';
import type { RuleCondition } from './conditions.ts';
import type { Decision, NotHolding } from './decision.ts';
import { Sample } from './sample.ts';
import { sampleName } from './schema.ts';
import type { RuleText } from './schema.ts';

const actions = { None: 'drop', Metadata: 'metadata', Request: 'request', RequestResponse: 'keep' } as const;

/** One rule, made ready to be asked 60,000 times a second. */
export class Rule {
  readonly decision: Decision;
  /** The decision for a stage that is omitted. */
  readonly omitted: Decision;
  readonly omitStages: ReadonlySet<string>;
  /** The decision for what is not in the sample; undefined for a rule that takes all. */
  readonly sampledOut: Decision | undefined;
  readonly #conditions: readonly RuleCondition[];
  readonly #sample: Sample | undefined;

  /** @param defaults of the policy, for what the rule does not say */
  constructor(
    rule: RuleText,
    name: string,
    defaults: { omitStages: readonly string[]; omitManagedFields: boolean },
  ) {
    const omitManagedFields = rule.omitManagedFields ?? defaults.omitManagedFields;
    this.decision = { action: actions[rule.level], rule: name, omitManagedFields };
    this.omitted = dropped(name);
    this.omitStages = new Set([...defaults.omitStages, ...rule.omitStages]);
    if (rule.sample !== undefined) {
      this.#sample = new Sample(rule.sample);
      this.sampledOut = dropped(sampleName(name, rule.sample));
    }
    this.#conditions = conditionsOf(rule);
  }

  /** Members of an event that it reads, sorted: `event.user.username`. */
  get reads(): readonly string[] {
    return [...new Set(this.#conditions.flatMap(({ reads }) => reads))].toSorted();
  }

  /** What becomes of a request that matches. */
  decisionOf({ wellFormed, stage, receivedAt }: Attributes): Decision {
    if (wellFormed && this.omitStages.has(stage as string)) return this.omitted;
    if (this.sampledOut !== undefined && !this.#sample!.has(receivedAt)) return this.sampledOut;
    return this.decision;
  }

  matches(request: Attributes): boolean {
    for (const condition of this.#conditions) if (!condition.holds(request)) return false;
    return true;
  }

  /** The first condition that does not hold; undefined if all do. */
  notHolding(request: Attributes): NotHolding | undefined {
    const condition = this.#conditions.find(({ holds }) => !holds(request));
    return condition && { rule: this.decision.rule, condition: condition.name, reads: condition.reads };
  }
}

function dropped(rule: string): Decision {
  return { action: 'drop', rule, omitManagedFields: false };
}
