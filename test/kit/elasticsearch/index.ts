export { startElasticsearch } from './embedded.ts';
export type { Elasticsearch, EmbeddedElasticsearch, StartOptions } from './embedded.ts';
export { resolveElasticsearch } from './resolve.ts';
export { ElasticsearchStartError } from './errors.ts';
export {
  allDocuments,
  backingIndices,
  createDocument,
  deleteDocument,
  putSource,
  randomNamespace,
  refresh,
  removeNamespace,
  rollover,
} from './stream.ts';
export type { StoredDocument } from './stream.ts';
