import { describe, expect, inject, test } from 'vitest';
import { bulk, createClient, request } from '../../../../agent/elasticsearch/index.ts';
import {
  eventStream,
  installTemplates,
  recordStream,
  templates,
  templateVersion,
  verdictStream,
} from '../../../../agent/streams/index.ts';
import { randomNamespace } from '../../../kit/elasticsearch/index.ts';
import { gzipBody } from '../../../kit/body.ts';
import { standIn } from '../../../kit/stand-in.ts';

const connect = (url: string) => createClient({ urls: [url], requestSeconds: 20 });

describe('on a real Elasticsearch', () => {
  test('streams get the settings that verification needs, and exactly our streams', async () => {
    const client = await connect(inject('elasticsearchUrl'));
    const namespace = randomNamespace();
    await installTemplates(client, { namespace, retentionDays: 123 });
    const gzip = gzipBody([{ id: '1', source: '{"@timestamp":"2026-11-23T01:00:00Z"}' }]);
    for (const stream of [eventStream(namespace), recordStream(namespace), verdictStream(namespace)]) {
      await bulk(client, { stream, gzipBody: gzip, count: 1 });
      const path = `/${stream}/_settings`;
      const { body } = await request(client, { method: 'GET', path, query: { flat_settings: 'true' } });
      expect(Object.values(Object(body))).toMatchObject([
        {
          settings: {
            'index.mode': 'standard',
            'index.mapping.source.mode': 'stored',
            'index.default_pipeline': '_none',
            'index.final_pipeline': '_none',
            'index.refresh_interval': '1s',
          },
        },
      ]);
    }
    const other = await bulk(client, { stream: `${eventStream(namespace)}x`, gzipBody: gzip, count: 1 });
    expect(other.items[0]?.status, 'a template without a wildcard makes no other stream').toBe(404);
  });

  test('events and verdicts expire after the retention, records are kept, and refusals are not put aside', async () => {
    const client = await connect(inject('elasticsearchUrl'));
    const namespace = randomNamespace();
    await installTemplates(client, { namespace, retentionDays: 123 });
    const { events, records, verdicts } = templates(namespace, { retentionDays: 123 });
    for (const [{ path, stream }, retention] of [
      [events, '123d'],
      [records, '36500d'],
      [verdicts, '123d'],
    ] as const) {
      const { body } = await request(client, { method: 'GET', path });
      expect(body).toMatchObject({
        index_templates: [
          {
            index_template: {
              index_patterns: [stream],
              priority: 600,
              template: {
                lifecycle: { enabled: true, data_retention: retention },
                data_stream_options: { failure_store: { enabled: false } },
              },
            },
          },
        ],
      });
    }
  });

  test('installing again changes nothing', async () => {
    const client = await connect(inject('elasticsearchUrl'));
    const namespace = randomNamespace();
    const options = { namespace, retentionDays: 400 };
    const { components, events, records } = templates(namespace, { retentionDays: 400 });
    const read = () =>
      Promise.all(
        [...components, events, records].map(({ path }) => request(client, { method: 'GET', path })),
      );
    expect(await installTemplates(client, options)).toEqual({ installed: true, warnings: [] });
    const before = await read();
    expect(await installTemplates(client, options)).toEqual({ installed: true, warnings: [] });
    expect((await read()).map(withoutDates)).toEqual(before.map(withoutDates));
  });

  test('templates of a newer agent are left as they are', async () => {
    const client = await connect(inject('elasticsearchUrl'));
    const namespace = randomNamespace();
    await installTemplates(client, { namespace, retentionDays: 400 });
    const { events } = templates(namespace, { retentionDays: 400 });
    const newer = { ...events.body, version: templateVersion + 1, priority: 700 };
    await request(client, { method: 'PUT', path: events.path, body: newer });
    expect(await installTemplates(client, { namespace, retentionDays: 400 })).toEqual({
      installed: true,
      warnings: [
        expect.stringContaining(`version ${templateVersion + 1}, newer than this agent's ${templateVersion}`),
      ],
    });
    const { body } = await request(client, { method: 'GET', path: events.path });
    expect(body).toMatchObject({
      index_templates: [{ index_template: { version: templateVersion + 1, priority: 700 } }],
    });
  });
});

function withoutDates(answer: unknown): string {
  return JSON.stringify(answer, (key, value: unknown) =>
    key.startsWith('modified_date') ? undefined : value,
  );
}

function withRetention(path: string, days: number): string {
  return path.startsWith('/_index_template')
    ? `{"index_templates":[{"name":"x","index_template":{"version":1,"template":{"lifecycle":{"data_retention":"${days}d"}}}}]}`
    : '{"component_templates":[{"name":"x","component_template":{"version":1,"template":{}}}]}';
}

describe('in the place of servers that cannot be had here', () => {
  const acknowledged = { body: '{"acknowledged":true}' };
  const absent = { status: 404, body: '{}' };
  const options = { namespace: 'n', retentionDays: 400 };

  test('a key that does not count any more is an error, to try again once it is renewed', async () => {
    await using server = await standIn({ status: 401, body: '{}' });
    await expect(installTemplates(await connect(server.url), options)).rejects.toMatchObject({
      code: 'unauthorized',
      status: 401,
    });
  });

  test('credentials that may not install say what to do instead of failing', async () => {
    await using server = await standIn(({ method }) =>
      method === 'GET' ? absent : { status: 403, body: '{}' },
    );
    expect(await installTemplates(await connect(server.url), options)).toEqual({
      installed: false,
      why: expect.stringMatching(/installTemplates.*manage_index_templates.*auditseal-events-n/u) as unknown,
    });
  });

  test('a server that is away is an error, to try again', async () => {
    await using server = await standIn({ status: 503, body: '{}' });
    await expect(installTemplates(await connect(server.url), options)).rejects.toMatchObject({
      code: 'rejected',
    });
  });

  test('a server that does not know data stream options gets the template without them', async () => {
    await using server = await standIn(({ method, body }) => {
      if (method === 'GET') return absent;
      if (!body.includes('data_stream_options')) return acknowledged;
      return { status: 400, body: '{"error":{"reason":"[template] unknown field [data_stream_options]"}}' };
    });
    expect(await installTemplates(await connect(server.url), options)).toEqual({
      installed: true,
      warnings: [],
    });
    const put = server.requests.filter(
      ({ path, method }) => method === 'PUT' && path.startsWith('/_index_template'),
    );
    expect(put).toHaveLength(6);
    expect(put[1]?.body.toString()).toContain('"lifecycle":{"data_retention":"400d"}');
  });

  test('a changed retention is set on the stream that exists, which a template alone would not do', async () => {
    await using server = await standIn(({ method, path }) =>
      method === 'GET' ? { body: withRetention(path, path.includes('records') ? 36_500 : 30) } : acknowledged,
    );
    expect(await installTemplates(await connect(server.url), options)).toEqual({
      installed: true,
      warnings: [],
    });
    const set = server.requests.filter(({ path }) => path.endsWith('/_lifecycle'));
    expect(set.map(({ method, path, body }) => [method, path, body.toString()])).toEqual([
      ['PUT', '/_data_stream/logs-kubernetes.audit_logs-n/_lifecycle', '{"data_retention":"400d"}'],
      ['PUT', '/_data_stream/logs-auditseal.verify-n/_lifecycle', '{"data_retention":"400d"}'],
    ]);
  });

  test('a retention that may not be set on the stream is a warning with the request to make', async () => {
    await using server = await standIn(({ method, path }) => {
      if (path.endsWith('/_lifecycle')) return { status: 403, body: '{}' };
      return method === 'GET' ? { body: withRetention(path, 36_500) } : acknowledged;
    });
    expect(await installTemplates(await connect(server.url), options)).toEqual({
      installed: true,
      warnings: [
        expect.stringContaining(
          'PUT /_data_stream/logs-kubernetes.audit_logs-n/_lifecycle {"data_retention":"400d"}',
        ),
        expect.stringContaining(
          'PUT /_data_stream/logs-auditseal.verify-n/_lifecycle {"data_retention":"400d"}',
        ),
      ],
    });
  });
});
