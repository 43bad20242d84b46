import type { z } from 'zod';
import type { AuditEvent } from '../event/index.ts';
import { InputError, lineInYaml, parseYaml } from '../input/index.ts';
import { attributesOf } from './attributes.ts';
import type { Decision } from './decision.ts';
import { PolicyError } from './error.ts';
import { Rule } from './rule.ts';
import { policySchema, ruleName } from './schema.ts';
import type { PolicyText } from './schema.ts';

/** A policy, ready to decide. Made by `parsePolicy`. */
export class Policy {
  /** The names that events can be counted under, in order, `default` last. */
  readonly ruleNames: readonly string[];
  /** Those of them that events can be dropped under. */
  readonly droppingRules: readonly string[];
  readonly #rules: readonly Rule[];
  readonly #omitStages: ReadonlySet<string>;

  constructor({ rules, omitStages }: PolicyText) {
    this.#rules = rules.map((rule, index) => new Rule(rule, rule.name ?? ruleName(index), omitStages));
    this.#omitStages = new Set(omitStages);
    const names = this.#rules.map((rule) => namesOf(rule));
    this.ruleNames = [...names.flatMap(({ all }) => all), 'default'];
    const ofDefault = omitStages.length > 0 ? ['default'] : [];
    this.droppingRules = [...names.flatMap(({ dropping }) => dropping), ...ofDefault];
  }

  /**
   * The first matching rule's decision; `keep` by `default` if none matches (the apiserver would not log such an event,
   * but what it has logged is evidence). It never throws, and an event whose fields have unexpected types is not dropped.
   */
  decide(event: AuditEvent): Decision {
    const request = attributesOf(event);
    for (const rule of this.#rules) {
      if (rule.matches(request)) return rule.decisionOf(request);
    }
    return request.wellFormed && this.#omitStages.has(request.stage as string)
      ? omittedByDefault
      : keptByDefault;
  }
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

const keptByDefault: Decision = { action: 'keep', rule: 'default' };
const omittedByDefault: Decision = { action: 'drop', rule: 'default' };

/** The decision of a policy on an event, see `Policy.decide`. */
export function decide(event: AuditEvent, policy: Policy): Decision {
  return policy.decide(event);
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
    (issue) => `  ${lineText(yaml, issue)}${pathText(issue)}: ${issue.message}`,
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
