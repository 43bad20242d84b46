/**
 * Conditions about an audit event, in the Common Expression Language: what policies (`when`) and detection have in common.
 * `new Conditions().compile(text)` once, then `condition.evaluate({ event: new CelEvent(event, bodiesIn(bytes)) })` of each event.
 */
export { bodiesIn, type BodyMember, celValue } from './body.ts';
export { type CelValues, Condition, Conditions, type Undecided } from './condition.ts';
export { CelError, type CelErrorCode } from './error.ts';
export type { ASTNode as AstNode } from '@marcbachmann/cel-js';
export { CelEvent } from './event.ts';
