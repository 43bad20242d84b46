import { expect, test } from 'vitest';
import { until } from '../../kit/agent/index.ts';
import { ElasticsearchStartError } from '../../kit/elasticsearch/index.ts';
import { UnreliableElasticsearch } from './outages.ts';
import { Scene } from '../../kit/scene.ts';

test('Elasticsearch may be away and come back: the agent lives, nothing is lost, nothing sent twice', async (context) => {
  await using elasticsearch = await UnreliableElasticsearch.start().catch((error: unknown) => {
    if (error instanceof ElasticsearchStartError && error.code !== 'start-failed')
      return context.skip(`needs an Elasticsearch of its own to stop: ${error.message}`);
    throw error;
  });
  await using scene = await Scene.make({ url: elasticsearch.url });
  const { writer } = scene;
  await writer.burst(100);
  const agent = await scene.start();
  await scene.shipped();

  await elasticsearch.leave('stop');
  for (let turn = 0; turn < 10; turn += 1) {
    await writer.lines(10);
    writer.rotate();
  }
  const sealed = async () =>
    (await agent.metrics()).get('auditseal_read_lines_total{source="kube-apiserver"}');
  await until(
    async () => (await sealed()) === writer.count,
    () => `not all lines were sealed during the outage: ${agent.tail()}`,
  );
  await until(
    () => agent.said(/batches are kept/u).length > 1,
    () => `the outage was not said: ${agent.tail()}`,
  );
  expect(await agent.probe('healthz')).toBe(200);
  expect(await agent.probe('readyz')).toBe(200);
  expect((await agent.metrics()).get('auditseal_spool_bytes{source="kube-apiserver"}')).toBeGreaterThan(0);

  // A crash during the outage, too: the next agent cannot even announce its start.
  await agent.kill();
  const next = await scene.start();
  await writer.lines(10);
  await until(
    () => next.said(/next try in/u).length > 0,
    () => `the outage was not said: ${next.tail()}`,
  );
  expect(await next.probe('healthz')).toBe(200);

  await elasticsearch.comeBack();
  await writer.lines(10);
  expect(await scene.finish()).toEqual([]);
  expect(next.exit).toEqual({ code: 0, signal: null });
});
