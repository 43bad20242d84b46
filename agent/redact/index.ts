export { redactKey } from './mark.ts';
export type { RedactKey } from './mark.ts';
export { Redactor } from './redactor.ts';
export type { Redacted, RedactorOptions } from './redactor.ts';
export { redactSchema } from './schema.ts';
export type { RedactConfig } from './schema.ts';
export type { RedactionSite } from './site.ts';
export { ruleNames } from './span.ts';
