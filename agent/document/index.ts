export type { Cut, DocumentContext, LongLine, Place } from './context.ts';
export { isFields, parseEvent, type AuditEvent, type Fields } from './event.ts';
export { splitGlued } from './glued-line.ts';
export { codeOf, eventHead, timestampOf } from './head.ts';
export { bodyMembers, LongLineParts, responseMember } from './long-line.ts';
export { auditMember, documentPieces } from './pieces.ts';
export { print } from './print.ts';
export { shapeCut, shapeEvent, type Limits, type Shaped } from './shape.ts';
export { textDocument, type TextLimits } from './text-document.ts';
