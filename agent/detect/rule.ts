import { createHash } from 'node:crypto';
import { CelError, Conditions } from '../cel/index.ts';
import type { Condition } from '../cel/index.ts';
import { evaluatorOf } from './evaluator.ts';
import type { Evaluator } from './evaluator.ts';
import { severities } from './schema.ts';
import type { RuleText } from './schema.ts';
import { numberOf } from './values.ts';
import { readyVariables } from './variables.ts';

/** What a match writes into the event's document, in ECS terms. One object a rule: what is printed of it is remembered. */
export interface Stamp {
  readonly ids: readonly string[];
  readonly names: readonly string[];
  /** What to do about each. */
  readonly next: readonly string[];
  /** 21 low, 47 medium, 73 high, 99 critical. */
  readonly severity: number;
  /** 0 to 100. */
  readonly riskScore: number;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly subtechniques: readonly string[];
}

/** A rule, ready to be asked. */
export interface Rule {
  readonly text: RuleText;
  readonly condition: Condition;
  readonly when: Evaluator;
  /** What a sequence begins with. */
  readonly after: Evaluator | undefined;
  /** Numbers of the values that a window goes by. */
  readonly by: readonly number[];
  readonly distinctOf: number | undefined;
  /** It asks for what was sent or answered, so that it cannot fire at level Metadata. */
  readonly readsBodies: boolean;
  readonly stamp: Stamp;
  /** Of what its window has remembered: another condition or window begins anew. */
  readonly windowDigest: string;
}

let conditions: Conditions | undefined;

function compile(text: string): Condition {
  conditions ??= new Conditions(
    Object.fromEntries(Object.entries(readyVariables).map(([name, { type }]) => [name, type])),
  );
  return conditions.compile(text);
}

/** @throws CelError with what is wrong in which condition, and a caret below it */
export function ruleOf(text: RuleText): Rule {
  const condition = named('when', () => compile(text.when));
  const { window } = text;
  const before = window?.after;
  return {
    text,
    condition,
    when: named('when', () => evaluatorOf(condition.ast)),
    after: before === undefined ? undefined : named('window.after', () => evaluatorOf(compile(before).ast)),
    by: window?.by.map((name) => numberOf(name)!) ?? [],
    distinctOf: window?.distinct && numberOf(window.distinct.of),
    readsBodies: condition.reads.some((path) => isOfBody(path)),
    stamp: stampOfOne(text),
    windowDigest: createHash('sha256')
      .update(JSON.stringify([text.when, window]))
      .digest('hex')
      .slice(0, 16),
  };
}

function isOfBody(path: string): boolean {
  return /^event\.(?:request|response)Object\b/u.test(path) || readyVariables[path]?.from === 'body';
}

function named<Made>(what: string, make: () => Made): Made {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof CelError)) throw cause;
    throw new CelError(cause.code, `${what}: ${cause.message}`, { cause });
  }
}

function stampOfOne({ id, title, severity, threat, next }: RuleText): Stamp {
  const [techniques, tactics] = [
    threat.filter((one) => one.startsWith('T1')),
    threat.filter((one) => one.startsWith('TA')),
  ];
  return {
    ids: [id],
    names: [title],
    next: [next],
    severity: severities[severity],
    riskScore: severities[severity],
    tactics,
    techniques: unique(techniques.map((one) => one.split('.', 1)[0]!)),
    subtechniques: techniques.filter((one) => one.includes('.')),
  };
}

/** Of an event that several rules find: the greatest severity counts, and each further rule adds to the score. */
export function stampOf(rules: readonly Rule[]): Stamp | undefined {
  if (rules.length < 2) return rules[0]?.stamp;
  const stamps = rules.map(({ stamp }) => stamp);
  const severity = Math.max(...stamps.map((stamp) => stamp.severity));
  return {
    ids: stamps.flatMap(({ ids }) => ids),
    names: stamps.flatMap(({ names }) => names),
    next: stamps.flatMap(({ next }) => next),
    severity,
    riskScore: Math.min(100, severity + 5 * (stamps.length - 1)),
    tactics: unique(stamps.flatMap(({ tactics }) => tactics)),
    techniques: unique(stamps.flatMap(({ techniques }) => techniques)),
    subtechniques: unique(stamps.flatMap(({ subtechniques }) => subtechniques)),
  };
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)];
}
