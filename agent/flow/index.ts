export { Spool } from './room.ts';
export type { NamedText } from './sealer.ts';
export { runTailedSource } from './source-flow.ts';
