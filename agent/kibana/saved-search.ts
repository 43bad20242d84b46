import type { Search } from './assets.ts';

const index = 'kibanaSavedObjectMeta.searchSourceJSON.index';

/**
 * A saved search as one line of what `POST /api/saved_objects/_import` takes. In the form of model version 5 (Kibana 8.16),
 * which later ones bring up to date by themselves; Discover has no public API of its own (9.5).
 */
export function savedSearchLine({ id, title, description, data_view, query, columns }: Search): string {
  const source = { query: { query, language: 'kuery' }, filter: [], indexRefName: index };
  return JSON.stringify({
    type: 'search',
    id,
    attributes: {
      title,
      description,
      columns,
      sort: [['@timestamp', 'desc']],
      grid: {},
      hideChart: false,
      isTextBasedQuery: false,
      timeRestore: false,
      kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify(source) },
    },
    references: [{ type: 'index-pattern', id: data_view, name: index }],
    coreMigrationVersion: '8.8.0',
    typeMigrationVersion: '10.5.0',
  });
}
