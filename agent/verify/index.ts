export { Lookup } from './elasticsearch/lookup.ts';
export { ElasticsearchStreams } from './elasticsearch/elasticsearch-streams.ts';
export { operatorDocuments, statementsMax } from './elasticsearch/operator-documents.ts';
export { originsMax, originsOf } from './elasticsearch/origins.ts';
export type { TimeRange } from './elasticsearch/queries.ts';
export { holdingWalk } from './elasticsearch/queries.ts';
export { VerifyError } from './error.ts';
export { entryInside, leafInside } from './events/refused.ts';
export type { ReadPart } from './read-part.ts';
export { FindingSample } from './finding-sample.ts';
export { type Evidence, evidenceOf, isOnDocument } from './evidence/evidence.ts';
export { KnownFindings, type News } from './known.ts';
export type { Progress, VerifyOptions } from './options.ts';
export {
  identityOf,
  type Finding,
  type FindingKind,
  findingKinds,
  notProvenComplete,
  tampered,
} from './finding.ts';
export { parseDocument } from './parse-document.ts';
export { eventIdClaim, eventPlace } from './records/claim.ts';
export { isSealedAfter } from './records/conflict.ts';
export { parseManifest } from './records/manifest.ts';
export { type BatchRecord, judgeRecord } from './records/record.ts';
export { Statements } from './records/statements.ts';
export type { Documents, StoredDocument, Stream, Streams } from './streams.ts';
export type { LogSummary, Summary } from './summary.ts';
export { eventNameOf } from './single/event-name.ts';
export type { FixedHistory, KeptOptions, KeptReport } from './records/kept-roots.ts';
export { judgeEvent, type SingleEvent } from './single/single-event.ts';
export { readableOf } from './evidence/readable.ts';
export { wordsOf, type DocumentWords } from './evidence/words.ts';
export { sampleMax, verdictDocument, type Verification } from './verdict-document.ts';
export { verifyLogs } from './verify.ts';
