import { afterAll, beforeAll, describe } from 'vitest';
import { startElasticsearch } from '../../kit/elasticsearch/index.ts';
import type { Elasticsearch } from '../../kit/elasticsearch/index.ts';
import { definesMapping } from '../../whole/mapping/mapping.ts';
import { definesBeside } from './beside.ts';
import { definesShipping } from './elasticsearch.ts';

/** Not in the default run, for its time and its JDK 17 to 20: `ES8=1 npx vitest run es8`. */
describe('with Elasticsearch 8.19', () => {
  let elasticsearch: Elasticsearch | undefined;
  beforeAll(async () => {
    elasticsearch = await startElasticsearch({ major: 8 });
  });
  afterAll(() => elasticsearch?.stop());

  definesShipping(() => elasticsearch?.url ?? '');
  definesBeside(() => elasticsearch?.url ?? '');
  definesMapping(() => elasticsearch?.url ?? '');
});
