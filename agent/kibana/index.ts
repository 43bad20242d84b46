export { assetsOf, type Assets, type Dashboard, type DataView, type Search } from './assets.ts';
export { checkKibana, type KibanaFound } from './check.ts';
export { Kibana, type KibanaSettings } from './client.ts';
export { KibanaError, type KibanaErrorCode } from './error.ts';
export { installObjects } from './install.ts';
export { savedSearchLine } from './saved-search.ts';
