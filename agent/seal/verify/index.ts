export { RecordsMovedError } from './batches.ts';
export { notProvenComplete, tampered, type Finding, type FindingKind } from './finding.ts';
export type { BatchRange } from './log.ts';
export { parseManifest } from './manifest.ts';
export { findIdsMax, type LogExtent, type StoredDocument, type Stream, type Streams } from './streams.ts';
export type { LogSummary, Summary } from './summary.ts';
export { trustSchema, type Trust } from './trust.ts';
export { exitCodes, type Verdict } from './verdict.ts';
export { verifyLogs, type VerifyOptions, type VerifyRange } from './verify.ts';
