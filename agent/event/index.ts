export { depthMax, isTooDeep } from './depth.ts';
export { type AuditEvent, type Fields, isFields, parseEvent } from './event.ts';
export { splitGlued } from './glued-line.ts';
export { bodyMembers, LongLineParts, responseMember } from './long-line.ts';
export { repairEvent, type RepairedEvent } from './repair.ts';
export { arrayItemsMax, textOf, textsOf, textUnitsMax } from './text.ts';
