/**
 * Looks at what decides what gets logged: flags and files of the apiserver, its audit policy, what comes out of it. The agent looks
 * again and again, and says what has changed; `auditseal doctor` looks once.
 */
export { Drift, type DriftNotice, type DriftState, type FollowedDrift } from './drift.ts';
export { knownDefinitions } from './definition.ts';
export { lookAtElasticsearch, type ElasticsearchLook } from './elasticsearch-look.ts';
export { DriftError, type DriftErrorCode } from './error.ts';
export { examine, type Examined, type LookSettings } from './examine.ts';
export { readExpectations, type Expectations } from './expectations.ts';
export { LogSigns } from './log-signs.ts';
export { openDrift } from './open.ts';
export { ok, ours, problem, sameness, unchecked, warning, type Finding } from './finding.ts';
