export { ElasticsearchStreams, type StreamOptions } from './elasticsearch-streams.ts';
export { VerifyError, type VerifyErrorCode } from './error.ts';
export { PointInTime } from './point-in-time.ts';
export type { TimeRange } from './queries.ts';
export { addTrust, readTrust, type AddedKey } from './trust-file.ts';
