import { describe, inject } from 'vitest';
import { definesShipping } from './elasticsearch.ts';

describe('with the Elasticsearch of this run', () => {
  definesShipping(() => inject('elasticsearchUrl'));
});
