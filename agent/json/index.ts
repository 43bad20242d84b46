export { StreamingCutter, type CutText } from './cutter.ts';
export { JsonError, type JsonErrorCode } from './error.ts';
export { cutMembers, keyOf, members, type Member } from './members.ts';
export { parseJson } from './parse.ts';
export { JsonScanner, type Mark } from './scanner.ts';
