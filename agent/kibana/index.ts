export { assetsOf } from './assets.ts';
export { checkKibana } from './check.ts';
export { Kibana } from './client.ts';
export type { KibanaSettings } from './client.ts';
export { KibanaError } from './error.ts';
export { installObjects } from './install.ts';
export { savedSearchLine } from './saved-search.ts';
