/** An index as it is measured: settings beside those of the templates, over them where they meet. */
export interface Variant {
  name: string;
  settings: Readonly<Record<string, unknown>>;
  /** Takes the native zstd library, which an embedded node of version 9 lacks. */
  native?: boolean;
}

const user = 'kubernetes.audit.user.username';

export const variants: readonly Variant[] = [
  { name: 'default codec', settings: {} },
  {
    name: 'default, sorted by time, newest first',
    settings: { sort: { field: '@timestamp', order: 'desc' } },
  },
  {
    name: 'default, sorted by user, then time',
    settings: { sort: { field: [user, '@timestamp'], order: ['asc', 'desc'] } },
  },
  { name: 'DEFLATE (legacy_best_compression)', settings: { codec: 'legacy_best_compression' } },
  {
    name: 'DEFLATE, sorted by time, newest first',
    settings: { codec: 'legacy_best_compression', sort: { field: '@timestamp', order: 'desc' } },
  },
  {
    name: 'DEFLATE, sorted by user, then time',
    settings: {
      codec: 'legacy_best_compression',
      sort: { field: [user, '@timestamp'], order: ['asc', 'desc'] },
    },
  },
  { name: 'best_compression', settings: { codec: 'best_compression' }, native: true },
  {
    name: 'logsdb, stored _source',
    settings: { mode: 'logsdb', codec: 'legacy_best_compression' },
  },
  {
    name: 'logsdb, its own _source',
    native: true,
    settings: {
      mode: 'logsdb',
      codec: 'legacy_best_compression',
      mapping: { source: { mode: 'synthetic' } },
    },
  },
];

/** Questions as people and rules ask them. */
export const queries: Readonly<Record<string, object>> = {
  'newest 100': { size: 100, sort: [{ '@timestamp': 'desc' }] },
  'newest 100 of a user': {
    size: 100,
    sort: [{ '@timestamp': 'desc' }],
    query: { term: { [user]: 'alice' } },
  },
  'a rule (exec allowed, last hours)': {
    size: 100,
    track_total_hits: true,
    query: {
      bool: {
        filter: [
          { term: { 'kubernetes.audit.objectRef.subresource': 'exec' } },
          { term: { 'kubernetes.audit.annotations.authorization_k8s_io/decision': 'allow' } },
          { range: { '@timestamp': { gte: '2026-11-24T00:00:00Z' } } },
        ],
      },
    },
  },
  'failures by user and code': {
    size: 0,
    query: { term: { 'event.outcome': 'failure' } },
    aggs: {
      user: {
        terms: { field: 'user.name', size: 20 },
        aggs: { code: { terms: { field: 'http.response.status_code' } } },
      },
    },
  },
  'histogram by verb': {
    size: 0,
    aggs: {
      time: {
        date_histogram: { field: '@timestamp', fixed_interval: '1h', min_doc_count: 1 },
        aggs: { verb: { terms: { field: 'event.action' } } },
      },
    },
  },
};
