import { afterAll, beforeAll } from 'vitest';
import { startElasticsearch } from '../../kit/elasticsearch/index.ts';
import type { Elasticsearch } from '../../kit/elasticsearch/index.ts';
import { describeReal } from '../../kit/real.ts';
import { definesFinding } from './finding.ts';

// It needs a JDK 17 to 20 of its own.
describeReal('with Elasticsearch 8.19', () => {
  let elasticsearch: Elasticsearch | undefined;
  beforeAll(async () => {
    elasticsearch = await startElasticsearch({ major: 8 });
  });
  afterAll(() => elasticsearch?.stop());

  definesFinding(() => elasticsearch?.url ?? '');
});
