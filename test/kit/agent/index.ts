export { collect, countEvents, difference, lineOf, type Multiset } from './collect.ts';
export { keepEverything, writeConfig, type TestConfig } from './config.ts';
export { temporaryFolder } from './folder.ts';
export { lineNumber, refusedEvent } from './lines.ts';
export { manifestsOf } from './manifests.ts';
export { AgentProcess, startAgent, until, within, type LogLine, type StartOptions } from './start-agent.ts';
export { verify, verifyBeside, type Verified } from './verify.ts';
export { Writer } from './writer.ts';
