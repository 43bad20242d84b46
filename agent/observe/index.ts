export { createLogger, ecsVersion, type Logger } from './log.ts';
export { Metrics } from './metrics.ts';
export { Moments, parseMoments, type Moment } from './moments.ts';
export { parseObservation, type Observation } from './observation.ts';
export { serve, type Health } from './server.ts';
export type { SourceMeter } from './source-meter.ts';
export { talliesOf } from './tallies.ts';
