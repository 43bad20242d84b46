export { runFlows } from './flows.ts';
export type { NamedText } from './notices.ts';
export { Room } from './room.ts';
