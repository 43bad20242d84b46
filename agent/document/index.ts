export type { Detected, DocumentContext, LongLine, Place } from './context.ts';
export { derived } from './derived.ts';
export { eventHead, timestampOf } from './head.ts';
export { auditMember, documentPieces } from './pieces.ts';
export { print } from './print.ts';
export { shapeEvent } from './shape.ts';
export type { Shaped } from './shape.ts';
export { textDocument } from './text-document.ts';
