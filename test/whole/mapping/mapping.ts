import { beforeAll, describe, expect, test } from 'vitest';
import { bulk, createClient, request } from '../../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../../agent/elasticsearch/index.ts';
import { eventStream, installTemplates, templates } from '../../../agent/streams/index.ts';
import { randomNamespace, refresh } from '../../kit/elasticsearch/index.ts';
import { gzipBody } from '../../kit/body.ts';
import { contract, searched, valuesAt } from './contract.ts';
import type { Value } from './contract.ts';
import { ownLines, recordedLines, ship } from '../../kit/corpus.ts';
import { fetchAgain } from '../../kit/fetch-again.ts';

/** Beyond it a keyword is not indexed (`ignore_above`). */
const keywordCharsMax = 10_922;

/** What must hold of the mapping on each version of Elasticsearch that the agent can work with. */
export function definesMapping(getUrl: () => string): void {
  const install = async () => {
    const client = await createClient({ urls: [getUrl()], requestSeconds: 120 });
    const namespace = randomNamespace();
    await installTemplates(client, { namespace, retentionDays: 400 });
    return { client, namespace, stream: eventStream(namespace) };
  };

  describe('on what a real kube-apiserver wrote', () => {
    let client: ElasticsearchClient;
    let stream: string;
    let events: unknown[];

    beforeAll(async () => {
      const made = await install();
      ({ client, stream } = made);
      const { taken, refused } = await ship(client, made.namespace, [
        ...(await recordedLines()),
        ...ownLines,
      ]);
      expect(refused, 'nothing that an apiserver wrote is refused').toEqual([]);
      await refresh(getUrl(), stream);
      events = taken.map((line) => JSON.parse(line) as unknown);
    });

    /** How many documents each query finds. */
    const counts = async (queries: object[]): Promise<number[]> => {
      const head = JSON.stringify({ index: stream });
      const lines = queries.map(
        (query) => `${head}\n${JSON.stringify({ size: 0, track_total_hits: true, query })}\n`,
      );
      const response = await fetchAgain(`${getUrl()}/_msearch`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: lines.join(''),
      });
      const { responses } = (await response.json()) as {
        responses: { hits: { total: { value: number } } }[];
      };
      return responses.map(({ hits }) => hits.total.value);
    };

    test.each(Object.entries({ ...contract, ...searched }))(
      '%s is found as often as it was written',
      async (field, path) => {
        const expected = new Map<Value, number>();
        let documents = 0;
        for (const event of events) {
          const values = [...valuesAt(event, path)].filter(
            (value) =>
              String(value).length <= keywordCharsMax && (value !== '' || field.endsWith(path.join('.'))),
          );
          if (values.length > 0) documents += 1;
          for (const value of values) expected.set(value, (expected.get(value) ?? 0) + 1);
        }
        expect(expected.size, 'events that have it').toBeGreaterThan(0);
        // The commonest and the rarest; as KQL `field: "value"` asks, and EQL `field == "value"`.
        const sorted = [...expected].toSorted(([, a], [, b]) => b - a);
        const some = sorted.length > 40 ? [...sorted.slice(0, 30), ...sorted.slice(-10)] : sorted;
        const found = await counts([
          { exists: { field } },
          ...some.map(([value]) => ({ bool: { filter: [{ term: { [field]: value } }] } })),
        ]);
        expect(found).toEqual([documents, ...some.map(([, count]) => count)]);
      },
    );

    test('a wildcard on a URI, a range of codes and a list of values, as rules combine them', async () => {
      const values = events.map(valuesOf);
      const audit = 'kubernetes.audit';
      const expected = [
        values.filter((at) => [...at('requestURI')].some((uri) => String(uri).includes('labelSelector='))),
        values.filter((at) => [...at('responseStatus.code')].some((code) => Number(code) >= 400)),
        values.filter(
          (at) =>
            at('stage').has('ResponseComplete') &&
            ['create', 'update', 'patch'].some((verb) => at('verb').has(verb)) &&
            !at('user.username').has('lab-admin'),
        ),
      ].map((found) => found.length);
      const found = await counts([
        { wildcard: { [`${audit}.requestURI`]: '*labelSelector=*' } },
        { range: { [`${audit}.responseStatus.code`]: { gte: 400 } } },
        {
          bool: {
            filter: [
              { term: { [`${audit}.stage`]: 'ResponseComplete' } },
              { terms: { [`${audit}.verb`]: ['create', 'update', 'patch'] } },
            ],
            must_not: { term: { [`${audit}.user.username`]: 'lab-admin' } },
          },
        },
      ]);
      expect(Math.min(...expected)).toBeGreaterThan(0);
      expect(found).toEqual(expected);
    });

    test('event.ingested finds what event.created does, and is no member of a document', async () => {
      const ranges = ['event.ingested', 'event.created'].map((field) => ({ range: { [field]: { lt: 1 } } }));
      expect(await counts([{ exists: { field: 'event.ingested' } }, ...ranges])).toEqual(
        Array.from({ length: 3 }, () => events.length),
      );
      const source = '{"@timestamp":"2026-11-23T01:00:00Z","event":{"ingested":"2026-11-23T01:00:00Z"}}';
      const { items } = await bulk(client, { stream, gzipBody: gzipBody([{ id: 'x', source }]), count: 1 });
      expect(items.map(({ status }) => status)).toEqual([400]);
    });

    test('source.ip is the last address alone', async () => {
      const last = events.flatMap((event) => [...valuesAt(event, ['sourceIPs'])].slice(-1));
      const addresses = [...new Set(last)];
      const found = await counts(addresses.map((address) => ({ term: { 'source.ip': address } })));
      expect(found).toEqual(addresses.map((address) => last.filter((each) => each === address).length));
    });
  });

  test('ten thousand field names that clients chose leave the mapping as it was', async () => {
    const { client, namespace, stream } = await install();
    const mapping = async () => (await request(client, { method: 'GET', path: `/${stream}/_mapping` })).body;
    const create = async (id: string, audit: object) => {
      const gzip = gzipBody([{ id, source: sourceOf(audit) }]);
      return (await bulk(client, { stream, gzipBody: gzip, count: 1 })).items[0]?.status;
    };
    expect(await create('before', {})).toBe(201);
    const before = await mapping();
    const names = Array.from({ length: 10_000 }, (_, i) => `${namespace}-${i}`);
    const fields = Object.fromEntries(names.map((name, i) => [name, i % 2 === 0 ? name : { [name]: i }]));
    const everywhere = { ...fields, spec: fields, metadata: { annotations: fields, ...fields } };
    expect(
      await create('after', {
        requestObject: everywhere,
        responseObject: everywhere,
        annotations: fields,
        ...fields,
      }),
    ).toBe(201);
    expect(await mapping()).toEqual(before);
  });

  test('no field of ours refuses a document for a long term', async () => {
    const { client, namespace, stream } = await install();
    const [, component] = templates(namespace, { retentionDays: 400 }).components;
    const { template } = component!.body as { template: { mappings: Field } };
    const fill = (text: string) => ({
      ...filled(template.mappings, text),
      '@timestamp': '2026-11-23T01:00:00Z',
    });
    // Beyond the limit in bytes, in characters of one byte and of three; and the longest that is indexed.
    const texts = ['x'.repeat(40_000), '\uFFFF'.repeat(10_923), '\uFFFF'.repeat(keywordCharsMax)];
    const documents = texts.map((text, i) => ({ id: String(i), source: JSON.stringify(fill(text)) }));
    const { items } = await bulk(client, { stream, gzipBody: gzipBody(documents), count: documents.length });
    expect(items.map(({ status, error }) => error ?? status)).toEqual([201, 201, 201]);
  });

  test('of bodies, what was never seen from an apiserver is refused, and nothing else', async () => {
    const { client, stream } = await install();
    const taken = [
      [
        { op: 'add', path: '/spec/x', value: { a: 1 } },
        { op: 'remove', path: '/y' },
      ],
      {
        spec: {
          containers: [{ image: {} }, { securityContext: 'x' }, { securityContext: { runAsUser: 'root' } }],
        },
      },
      { spec: { hostPID: 'perhaps', resourceAttributes: { verb: {} }, volumes: [{ hostPath: 'x' }] } },
      {
        metadata: { name: { a: 1 }, labels: { '': 1, '..': 2 } },
        rules: [{ verbs: {} }, null],
        subjects: null,
      },
    ];
    const refused = [
      'text',
      7,
      { spec: 'text' },
      { spec: { type: {} } },
      { spec: { containers: ['x'] } },
      { rules: ['x'] },
    ];
    const documents = [...taken, ...refused].map((requestObject, i) => ({
      id: String(i),
      source: sourceOf({ requestObject }),
    }));
    const { items } = await bulk(client, { stream, gzipBody: gzipBody(documents), count: documents.length });
    expect(items.map(({ status }) => status)).toEqual([...taken.map(() => 201), ...refused.map(() => 400)]);
  });
}

function sourceOf(audit: object): string {
  return JSON.stringify({ '@timestamp': '2026-11-23T01:00:00Z', kubernetes: { audit } });
}

function valuesOf(event: unknown): (path: string) => Set<Value> {
  return (path) => valuesAt(event, path.split('.'));
}

interface Field {
  type?: string;
  properties?: Record<string, Field>;
}

/** A value for every field of a mapping, but for its aliases, which are no members: this text for keywords. */
function filled({ properties = {} }: Field, text: string): Record<string, unknown> {
  const values: Record<string, unknown> = {
    date: '2026-11-23T01:00:00Z',
    ip: '192.0.2.1',
    long: 7,
    boolean: true,
  };
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, { type }]) => type !== 'alias')
      .map(([name, field]) => [
        name,
        field.properties ? filled(field, text) : (values[field.type ?? ''] ?? text),
      ]),
  );
}
