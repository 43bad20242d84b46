export { ElasticsearchStreams, type StreamOptions } from './elasticsearch-streams.ts';
export { VerifyError, type VerifyErrorCode } from './error.ts';
export { FindingSample } from './finding-sample.ts';
export { sampleMax, verdictDocument, type Verification } from './verdict-document.ts';
export { PointInTime } from './point-in-time.ts';
export type { TimeRange } from './queries.ts';
export { makeOperatorKey, readOperatorKey } from './operator-key.ts';
export {
  addOperators,
  addTrust,
  operatorNames,
  readTrust,
  trustedOrigins,
  type AddedKey,
  type OfHeldLog,
} from './trust-file.ts';
