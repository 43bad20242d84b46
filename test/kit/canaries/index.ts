export { canaries, canariesFile, caseLines, logFile, loggedLines } from './fixture.ts';
export type { Canary } from './fixture.ts';
export { Finder } from './finder.ts';
