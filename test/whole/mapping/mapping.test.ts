import { describe, inject } from 'vitest';
import { definesMapping } from './mapping.ts';

describe('with the Elasticsearch of this run', () => {
  definesMapping(() => inject('elasticsearchUrl'));
});
