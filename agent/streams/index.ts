export { checkTemplates } from './check-templates.ts';
export { checkStreams } from './check.ts';
export { agentStreams, allStreams } from './own-streams.ts';
export { prepareStreams } from './prepare.ts';
export { checkRetention, daysOf } from './retention.ts';
export { eventStream, recordStream, verdictStream } from './streams.ts';
export {
  ilmSettings,
  type Retention,
  type StreamTemplate,
  templates,
  templateVersion,
} from './templates/definition.ts';
export { installTemplates } from './templates/install.ts';
