import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../kit/agent/index.ts';
import { startElasticsearch } from '../../kit/elasticsearch/index.ts';
import type { Elasticsearch } from '../../kit/elasticsearch/index.ts';
import { Journey } from './journey.ts';

/** What an insider does who may manage pipelines and the settings of our streams. */
async function put(url: string, path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method: 'PUT', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status} ${await answer.text()}`);
}

describe('a pipeline that drops documents, set on the streams while the agent runs', () => {
  let elasticsearch: Elasticsearch;
  beforeAll(async () => {
    elasticsearch = await startElasticsearch({ drops: true });
    await put(elasticsearch.url, '/_ingest/pipeline/theirs', { processors: [{ drop: {} }] });
  });
  afterAll(() => elasticsearch.stop());

  const streams = ['logs-kubernetes.audit_logs', 'logs-auditseal.batch'];

  test.each(streams)(
    'as final_pipeline of %s: nothing is acknowledged, log and metric name it, and all arrives once it is gone',
    async (stream) => {
      const { url } = elasticsearch;
      await using journey = await Journey.begin(url);
      const { writer, agent, namespace } = journey;
      await writer.lines(3);
      await journey.quiet();
      const shipped = await journey.metric('auditseal_shipped_events_total');
      const settings = `/${stream}-${namespace}/_settings`;
      await put(url, settings, { index: { final_pipeline: 'theirs' } });
      await writer.lines(5);
      await until(
        async () => (await journey.retries('dropped')) >= 2,
        () => `no drop was counted: ${agent.tail()}`,
      );
      expect(await journey.metric('auditseal_spool_bytes')).toBeGreaterThan(0);
      expect(await journey.metric('auditseal_shipped_events_total')).toBe(shipped);
      const said = agent.logs.find(({ error }) => Reflect.get(Object(error), 'code') === 'dropped');
      expect(JSON.stringify(said)).toContain('an ingest pipeline drops it. Look for index.final_pipeline');

      await put(url, settings, { index: { final_pipeline: '_none' } });
      await journey.quiet();
      expect(await journey.metric('auditseal_refused_events_total'), 'nothing is in the refused form').toBe(
        0,
      );
      expect(await journey.end()).toEqual([]);
    },
  );

  test('as default_pipeline it has no effect: each request asks for none', async () => {
    const { url } = elasticsearch;
    await using journey = await Journey.begin(url);
    const { writer, namespace } = journey;
    await writer.lines(3);
    await journey.quiet();
    for (const stream of streams)
      await put(url, `/${stream}-${namespace}/_settings`, { index: { default_pipeline: 'theirs' } });
    await writer.lines(5);
    await journey.quiet();
    expect(await journey.retries('dropped')).toBe(0);
    expect(await journey.end()).toEqual([]);
  });
});
