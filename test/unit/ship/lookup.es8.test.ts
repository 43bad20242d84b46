import { afterAll, beforeAll, describe } from 'vitest';
import { startElasticsearch, type Elasticsearch } from '../../kit/elasticsearch/index.ts';
import { definesFinding } from './finding.ts';

/** Not in the default run, for its time and its JDK 17 to 20: `ES8=1 npx vitest run es8`. */
describe('with Elasticsearch 8.19', () => {
  let elasticsearch: Elasticsearch | undefined;
  beforeAll(async () => {
    elasticsearch = await startElasticsearch({ major: 8 });
  });
  afterAll(() => elasticsearch?.stop());

  definesFinding(() => elasticsearch?.url ?? '');
});
