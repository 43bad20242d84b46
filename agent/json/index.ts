export { StreamingCutter, type CutText } from './cutter.ts';
export { JsonError, type JsonErrorCode } from './error.ts';
export { cutMembers, keyOf, members, type Member } from './members.ts';
export { parseJson } from './parse.ts';
export { jsonLine, printable, printableJson } from './printable.ts';
export { scanObject } from './scan-object.ts';
export { JsonScanner, type Mark } from './scanner.ts';
export type { WantedMember } from './wanted-member.ts';
export { WantedMembers } from './wanted-members.ts';
