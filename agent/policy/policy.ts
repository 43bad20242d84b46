import type { z } from 'zod';
import type { AuditEvent } from '../event/index.ts';
import { InputError, lineInYaml, parseYaml } from '../input/index.ts';
import { CelEvent } from '../cel/index.ts';
import type { BodyMember, CelValues } from '../cel/index.ts';
import { attributesOf } from './attributes.ts';
import type { Attributes } from './attributes.ts';
import type { Decision, Explanation, NotHolding } from './decision.ts';
import { PolicyError } from './error.ts';
import { Rule } from './rule.ts';
import { policySchema, ruleName } from './schema.ts';
import type { PolicyText } from './schema.ts';

/** Gives a body of the event that is decided on, as `bodiesIn` does. */
export type Bodies = (member: BodyMember) => unknown;

/** A policy, ready to decide. Made by `parsePolicy`. */
export class Policy {
  /** The names that events can be counted under, in order, `default` last. */
  readonly ruleNames: readonly string[];
  /** Those of them that events can be dropped under. */
  readonly droppingRules: readonly string[];
  /** Members of an event that each rule reads, by its name. */
  readonly reads: ReadonlyMap<string, readonly string[]>;
  readonly #rules: readonly Rule[];
  readonly #kept: Decision;
  readonly #omitted: Decision = { action: 'drop', rule: 'default', omitManagedFields: false };
  readonly #omitStages: ReadonlySet<string>;

  constructor({ rules, omitStages, omitManagedFields }: PolicyText) {
    const defaults = { omitStages, omitManagedFields };
    this.#rules = rules.map((rule, index) => new Rule(rule, rule.name ?? ruleName(index), defaults));
    this.#kept = { action: 'keep', rule: 'default', omitManagedFields };
    this.#omitStages = new Set(omitStages);
    const names = this.#rules.map((rule) => namesOf(rule));
    this.ruleNames = [...names.flatMap(({ all }) => all), 'default'];
    const ofDefault = omitStages.length > 0 ? ['default'] : [];
    this.droppingRules = [...names.flatMap(({ dropping }) => dropping), ...ofDefault];
    this.reads = new Map(this.#rules.map((rule) => [rule.decision.rule, rule.reads]));
  }

  /**
   * The first matching rule's decision; `keep` by `default` if none matches (the apiserver would not log such an event,
   * but what it has logged is evidence). It never throws, and an event whose fields have unexpected types is not dropped.
   *
   * @param bodies asked only by conditions about them; without it they cannot be told
   */
  decide(event: AuditEvent, bodies: Bodies = unknownBodies): Decision {
    const request = attributesFor(event, bodies);
    for (const rule of this.#rules) if (rule.matches(request)) return rule.decisionOf(request);
    return this.#byDefault(request);
  }

  /** The same decision, and why no rule before it was the one. */
  explain(event: AuditEvent, bodies: Bodies = unknownBodies): Explanation {
    const request = attributesFor(event, bodies);
    const before: NotHolding[] = [];
    for (const rule of this.#rules) {
      const notHolding = rule.notHolding(request);
      if (notHolding === undefined) return { decision: rule.decisionOf(request), before };
      before.push(notHolding);
    }
    return { decision: this.#byDefault(request), before };
  }

  #byDefault({ wellFormed, stage }: Attributes): Decision {
    return wellFormed && this.#omitStages.has(stage as string) ? this.#omitted : this.#kept;
  }
}

function attributesFor(event: AuditEvent, bodies: Bodies): Attributes {
  let values: CelValues | undefined;
  return attributesOf(event, () => (values ??= { event: new CelEvent(event, bodies) }));
}

/** Not the same as a body that is not there. */
function unknownBodies(): never {
  throw new TypeError('its bodies are not known');
}

/** What events can be counted under that a rule matches, and which of these are dropped. */
function namesOf({ decision, omitStages, sampledOut }: Rule): { all: string[]; dropping: string[] } {
  const ofSample = sampledOut === undefined ? [] : [sampledOut.rule];
  const isDropping = decision.action === 'drop' || omitStages.size > 0;
  return {
    all: [decision.rule, ...ofSample],
    dropping: [...(isDropping ? [decision.rule] : []), ...ofSample],
  };
}

/** The decision of a policy on an event, see `Policy.decide`. */
export function decide(event: AuditEvent, policy: Policy, bodies?: Bodies): Decision {
  return policy.decide(event, bodies);
}

/**
 * Reads a policy from YAML.
 *
 * @throws PolicyError `not-yaml`, or `invalid` with the line and path of each wrong key, and what is allowed there
 */
export function parsePolicy(yaml: string): Policy {
  const parsed = policySchema.safeParse(yamlOf(yaml));
  if (parsed.success) return new Policy(parsed.data);
  const lines = parsed.error.issues.map(
    (issue) => `  ${lineText(yaml, issue)}${pathText(issue)}: ${issue.message.replaceAll('\n', '\n    ')}`,
  );
  throw new PolicyError('invalid', `The policy is not valid:\n${lines.join('\n')}`, { cause: parsed.error });
}

function yamlOf(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new PolicyError('not-yaml', `The policy ${cause.message}`, { cause });
  }
}

/** `line 7: `, of the unknown key itself where there is one. */
function lineText(yaml: string, issue: z.core.$ZodIssue): string {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
  const line = lineInYaml(yaml, path);
  return line === undefined ? '' : `line ${line}: `;
}

/** `rules[3].resources[0].group`, as the apiserver's own validation writes it. */
function pathText({ path }: z.core.$ZodIssue): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? 'policy' : text.replace(/^\./, '');
}
