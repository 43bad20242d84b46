/** What makes an audit log big: counts by who and what, what a policy would keep of it, and rules that would save more. */
export { Census } from './census.ts';
export type { Amount, Counter } from './counter.ts';
export { apiserverRules, ourRules } from './rules.ts';
export { type Suggestion, suggestionsOf } from './suggestions.ts';
