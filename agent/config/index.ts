export { ConfigError } from './error.ts';
export { configText, exitBadConfig, loadConfig, parseConfig } from './load.ts';
export { configSchema, elasticsearchDefaults, type Config } from './schema.ts';
