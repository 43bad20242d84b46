export { isLoopback, plaintextHosts } from './plaintext.ts';
export { ConfigError } from './error.ts';
export type { EndpointSettings } from './notifications.ts';
export { configText, loadConfig, parseConfig } from './load.ts';
export { sizePattern, timePattern, type Unit, unitOf, writtenAs } from './units.ts';
export { configSchema, elasticsearchDefaults, type Config } from './schema.ts';
