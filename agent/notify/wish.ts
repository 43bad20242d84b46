import type { EndpointSettings } from '../config/index.ts';
import type { Rule, Severity } from '../detect/index.ts';
import { isAtLeast } from './alert.ts';

/** What an endpoint wants to be told of. */
export interface Wish {
  readonly name: string;
  readonly minSeverity: Severity;
  readonly rules: ReadonlySet<string>;
  readonly exceptRules: ReadonlySet<string>;
  readonly notices: boolean;
}

export function wishOf(settings: EndpointSettings): Wish {
  const { name, minSeverity, rules, exceptRules, notices } = settings;
  return { name, minSeverity, rules: new Set(rules), exceptRules: new Set(exceptRules), notices };
}

/** Of the rules that found an event the one that an endpoint is told of: the most urgent that it wants, the first of these. */
export function wanted(fired: readonly Rule[], wish: Wish): Rule | undefined {
  let found: Rule | undefined;
  for (const rule of fired) {
    const { id, severity } = rule.text;
    const isWanted =
      !wish.exceptRules.has(id) && (wish.rules.has(id) || isAtLeast(severity, wish.minSeverity));
    if (isWanted && (found === undefined || rule.stamp.severity > found.stamp.severity)) found = rule;
  }
  return found;
}
