export { startElasticsearch } from './embedded.ts';
export type { Elasticsearch, EmbeddedElasticsearch, StartOptions } from './embedded.ts';
export { resolveElasticsearch } from './resolve.ts';
export { ElasticsearchStartError } from './errors.ts';
