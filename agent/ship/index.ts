export { Aside } from './aside.ts';
export { backingIndices } from './backing-indices.ts';
export { bulk } from './bulk.ts';
export type { BulkAnswer, BulkItem, BulkRequest } from './bulk.ts';
export { lacksApi, noHandler, parse } from './answer.ts';
export { checkStreams } from './check.ts';
export type { Checked, CheckOptions } from './check.ts';
export { checkTemplates } from './check-templates.ts';
export { prepareStreams } from './prepare.ts';
export { checkRetention, daysOf } from './retention.ts';
export { createClient, ElasticsearchClient } from './client.ts';
export type { ClientSettings } from './client.ts';
export { connectorOf } from './connector.ts';
export { Credentials, type CredentialFiles } from './credentials.ts';
export { createDocument } from './create.ts';
export type { NewDocument } from './create.ts';
export { causeOf, ShipError } from './error.ts';
export type { ShipErrorCode } from './error.ts';
export { Lookup } from './lookup.ts';
export { agentStreams, allStreams } from './own-streams.ts';
export type { OwnStream } from './own-streams.ts';
export { readText } from './read-text.ts';
export { request } from './request.ts';
export type { Answer, Request } from './request.ts';
export { eventStream, recordStream, verdictStream } from './streams.ts';
export { ilmSettings, installTemplates, templates, templateVersion } from './templates/index.ts';
export type {
  Installed,
  InstallOptions,
  Retention,
  Send,
  StreamTemplate,
  Template,
} from './templates/index.ts';
export { Shipper } from './shipper.ts';
export { Trust, type TrustSettings } from './trust.ts';
export { announceStart } from './start.ts';
export { untilDone } from './retry.ts';
