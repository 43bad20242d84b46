/**
 * Finds events that somebody should look at: rules in YAML, with conditions in CEL about an event (see ../cel) and ready variables,
 * alone or several events together. `loadRules` once, a `Detector` for each source, `detect` for each event.
 */
export { powerNames } from './access.ts';
export { Detector, type DetectorOptions, type RuleProblem } from './detector.ts';
export { DetectError, type DetectErrorCode } from './error.ts';
export { firing, type AskedFor } from './firing.ts';
export { stampOf } from './rule.ts';
export type { Rule, Stamp } from './rule.ts';
export { builtInRules, loadRules, parseRules, ruleSet, type RuleSet } from './rule-set.ts';
export { RulesInForce, type RulesSettings } from './rules-file.ts';
export { severities, type RuleText, type Severity } from './schema.ts';
export { eventMembers, readyVariables, type Variable } from './variables.ts';
export { parseWindows, type WindowStates } from './window.ts';
