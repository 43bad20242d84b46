export { WhoError, type WhoErrorCode } from './error.ts';
export { fields } from './fields.ts';
export { clauseOf } from './query.ts';
export type { Outcome, Query } from './query.ts';
export type { Coverage } from './coverage.ts';
export { parseResource, type Resource } from './resource.ts';
export type { Member, Row } from './row.ts';
export { who, type Answer, type WhoOptions } from './who.ts';
