export { canaries, canariesFile, logFile, loggedLines } from './fixture.ts';
export type { Canary } from './fixture.ts';
export { Finder } from './finder.ts';
