export { depthMax, isTooDeep } from './depth.ts';
export { isFields, parseEvent } from './event.ts';
export type { AuditEvent, Fields } from './event.ts';
export { splitGlued } from './glued-line.ts';
export { bodyMembers, LongLineParts, responseMember } from './long-line.ts';
export { repairEvent } from './repair.ts';
export type { RepairedEvent } from './repair.ts';
export { codeOf } from './status-code.ts';
export { arrayItemsMax, termUnitsMax, textOf, textsOf, textUnitsMax } from './text.ts';
