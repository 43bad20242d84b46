export { createLogger, ecsVersion, type Logger } from './log.ts';
export { Metrics } from './metrics.ts';
export { serve, type Health } from './server.ts';
