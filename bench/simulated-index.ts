/** What Elasticsearch says of a stream of ours before the agent ships to it, once our templates are in force. */
export const simulatedIndexPath = '/_index_template/_simulate_index/';
export const simulatedIndex = JSON.stringify({
  template: {
    settings: {
      index: {
        mode: 'standard',
        mapping: { source: { mode: 'stored' } },
        default_pipeline: '_none',
        final_pipeline: '_none',
      },
    },
    mappings: {
      dynamic: 'false',
      properties: {
        '@timestamp': { type: 'date' },
        auditseal: { properties: { origin: { type: 'keyword' }, batch: { type: 'long' } } },
      },
    },
  },
});
