export { createLogger, ecsVersion, type Logger } from './log.ts';
export { Metrics } from './metrics.ts';
export { NotificationMeter } from './notification-meter.ts';
export { parseObservation, type Observation } from './observation.ts';
export { serve } from './server.ts';
export { SourceMeter } from './source-meter.ts';
