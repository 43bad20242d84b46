export { WhoError, type WhoErrorCode } from './error.ts';
export type { Outcome, Wish } from './query.ts';
export type { Reach } from './reach.ts';
export { parseResource, type Resource } from './resource.ts';
export type { Member, Row } from './row.ts';
export { who, type Answer, type WhoOptions } from './who.ts';
