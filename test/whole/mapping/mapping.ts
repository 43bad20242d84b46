import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bulk, createClient, request } from '../../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../../agent/elasticsearch/index.ts';
import { sourceAddress } from '../../../agent/event/index.ts';
import { eventStream, installTemplates, templates } from '../../../agent/streams/index.ts';
import { randomNamespace, refresh } from '../../kit/elasticsearch/index.ts';
import { gzipBody } from '../../kit/body.ts';
import { contract, searched, valuesAt } from './contract.ts';
import type { Value } from './contract.ts';
import { ownLines, recordedLines, ship } from '../../kit/corpus.ts';
import { linesOf } from '../../kit/events.ts';
import { fetchAgain } from '../../kit/fetch-again.ts';

/** Beyond it a keyword is not indexed (`ignore_above`). */
const keywordCharsMax = 10_922;

/** What the agent writes itself, and leaves out where the event has an empty text. */
const ofHead = new Set(['user.name', 'event.action']);

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
            (value) => String(value).length <= keywordCharsMax && (value !== '' || !ofHead.has(field)),
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

    const search = async (body: object) => {
      const response = await fetchAgain(`${getUrl()}/${stream}/_search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ size: 0, track_total_hits: true, ...body }),
      });
      expect(response.status).toBe(200);
      return found.parse(await response.json());
    };

    test.each(Object.entries(repeated))(
      '%s has the same buckets, ranges and order as what it stands for',
      async (field, paths) => {
        const values = events.map((event) =>
          [...new Set(paths.flatMap((path) => [...valuesAt(event, path.split('.').map(withDots))]))]
            .map((value) => addressIn(field, String(value)))
            .filter((value) => value !== undefined && (value !== '' || !field.startsWith('related.'))),
        );
        const expected = new Map<string, number>();
        for (const value of values.flat()) expected.set(value!, (expected.get(value!) ?? 0) + 1);
        expect(expected.size).toBeGreaterThan(0);
        const { hits, aggregations } = await search({
          query: { exists: { field } },
          aggs: {
            terms: { terms: { field, size: 10_000 } },
            composite: { composite: { size: 10_000, sources: [{ key: { terms: { field } } }] } },
          },
        });
        expect(hits.total.value).toBe(values.filter((each) => each.length > 0).length);
        const { terms, composite } = aggregations!;
        expect(new Map(terms!.buckets.map(({ key, doc_count: count }) => [key, count]))).toEqual(expected);
        const pairs = composite!.buckets.map(
          (one) => [(one.key as { key: string }).key, one.doc_count] as const,
        );
        expect(new Map(pairs)).toEqual(expected);
        const from = [...expected.keys()][Math.floor(expected.size / 2)]!;
        const isIn = (value: string | undefined) => (field.endsWith('.ip') ? value === from : value! >= from);
        const range = field.endsWith('.ip') ? { gte: from, lte: from } : { gte: from };
        const { hits: within } = await search({ query: { range: { [field]: range } } });
        expect(within.total.value).toBe(values.filter((each) => each.some(isIn)).length);
        const sorted = await search({
          size: 50,
          query: { exists: { field } },
          _source: false,
          sort: [{ [field]: 'asc' }],
          fields: [field],
        });
        const keys = sorted.hits.hits.map(({ sort }) => sort![0]);
        const inOrder = values
          .filter((each) => each.length > 0)
          .map((each) => each.filter((one) => one !== undefined).reduce((a, b) => (a < b ? a : b)))
          .toSorted((a, b) => (a < b ? -1 : Number(a > b)));
        if (!field.endsWith('.ip')) expect(keys).toEqual(inOrder.slice(0, 50));
        expect(sorted.hits.hits[0]!.fields?.[field]).toContain(keys[0]);
      },
    );

    test.each(['source.ip', 'client.ip', 'source.address'])('%s is the last address alone', async (field) => {
      const last = events.flatMap((event) => [...valuesAt(event, ['sourceIPs'])].slice(-1));
      const addresses = [...new Set(last)];
      const found = await counts(addresses.map((address) => ({ term: { [field]: address } })));
      expect(found).toEqual(addresses.map((address) => last.filter((each) => each === address).length));
    });
  });

  test('what people look for in annotations, extra, labels, workloads and messages is found, by exact value', async () => {
    const client = await createClient({ urls: [getUrl()], requestSeconds: 120 });
    const namespace = randomNamespace();
    const indexedAnnotations = ['example.test/ticket'];
    await installTemplates(client, { namespace, retentionDays: 400, indexedAnnotations });
    const events = [...linesOf('test/kit/fixtures/deprecated-api.jsonl').map(String), JSON.stringify(sought)];
    const { refused } = await ship(client, namespace, events);
    expect(refused).toEqual([]);
    const stream = eventStream(namespace);
    await refresh(getUrl(), stream);
    const queries = [
      ...Object.entries(soughtBy).map(([field, value]) => ({ term: { [field]: value } })),
      {
        match: {
          'kubernetes.audit.responseStatus.message.text': { query: 'Quota exceeded', operator: 'and' },
        },
      },
      { exists: { field: 'kubernetes.audit.annotations.pod-security_kubernetes_io/audit-violations' } },
    ];
    const lines = queries.map((query) => `{}\n${JSON.stringify({ size: 0, query })}\n`).join('');
    const response = await fetchAgain(`${getUrl()}/${stream}/_msearch`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines,
    });
    const { responses } = z.object({ responses: z.array(found) }).parse(await response.json());
    const missed = queries.filter((_, i) => responses[i]?.hits.total.value !== 1);
    expect(missed).toEqual([]);
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
          containers: [{ command: {} }, { securityContext: 'x' }, { securityContext: { runAsUser: 'root' } }],
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
      { spec: { containers: [{ image: {} }] } },
      { metadata: { labels: 'x' } },
    ];
    const documents = [...taken, ...refused].map((requestObject, i) => ({
      id: String(i),
      source: sourceOf({ requestObject }),
    }));
    const { items } = await bulk(client, { stream, gzipBody: gzipBody(documents), count: documents.length });
    expect(items.map(({ status }) => status)).toEqual([...taken.map(() => 201), ...refused.map(() => 400)]);
  });
}

const template = {
  spec: {
    containers: [{ image: 'registry.test/app:1' }],
    initContainers: [{ image: 'registry.test/init:1' }],
  },
};

/** An event that has what no recorded one has. */
const sought = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'RequestResponse',
  auditID: 'sought',
  stage: 'ResponseComplete',
  requestURI: '/apis/apps/v1/namespaces/lab/deployments',
  verb: 'patch',
  user: {
    username: 'alice',
    extra: { 'authentication.kubernetes.io/credential-id': ['JTI=1', 'JTI=2'], principalid: ['local://u-1'] },
  },
  impersonatedUser: { username: 'bob', extra: { team: ['red'] } },
  sourceIPs: ['10.0.0.1'],
  responseStatus: { code: 403, status: 'Failure', message: 'pods "x" is forbidden: exceeded quota: compute' },
  stageTimestamp: '2026-11-23T01:06:03.433599Z',
  annotations: {
    'pod-security.kubernetes.io/audit-violations': 'would violate PodSecurity "restricted:latest"',
    'authentication.kubernetes.io/issued-credential-id': 'JTI=3',
    'failed-open.validating.webhook.admission.k8s.io/round_0_index_1': 'hook.example.test',
    'apiserver.latency.k8s.io/total': '1.5s',
    'authentication.openshift.io/username': 'jane',
    'example.test/ticket': 'T-1',
    'example.test/other': 'T-2',
  },
  requestObject: {
    kind: 'Deployment',
    metadata: {
      labels: { 'app.kubernetes.io/name': 'shop' },
      ownerReferences: [{ kind: 'Shop', name: 's' }],
    },
    spec: { template, jobTemplate: { spec: { template } } },
  },
  responseObject: {
    kind: 'ValidatingWebhookConfiguration',
    webhooks: [{ name: 'hook', failurePolicy: 'Ignore' }],
  },
};

const soughtBy: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries({
      'annotations.k8s_io/deprecated': 'true',
      'annotations.k8s.io/removed-release': '1.25',
      'annotations.authentication_kubernetes_io/issued-credential-id': 'JTI=3',
      'annotations.failed-open_validating_webhook_admission_k8s_io/round_0_index_1': 'hook.example.test',
      'annotations.apiserver_latency_k8s_io/total': '1.5s',
      'annotations.authentication.openshift.io/username': 'jane',
      'annotations.example_test/ticket': 'T-1',
      'user.extra.authentication.kubernetes.io/credential-id': 'JTI=2',
      'user.extra.principalid': 'local://u-1',
      'impersonatedUser.extra.team': 'red',
      'requestObject.kind': 'Deployment',
      'requestObject.metadata.labels.app.kubernetes.io/name': 'shop',
      'requestObject.metadata.ownerReferences.kind': 'Shop',
      'requestObject.spec.template.spec.containers.image': 'registry.test/app:1',
      'requestObject.spec.jobTemplate.spec.template.spec.initContainers.image': 'registry.test/init:1',
      'responseObject.kind': 'ValidatingWebhookConfiguration',
      'responseObject.webhooks.failurePolicy': 'Ignore',
    }).map(([field, value]) => [`kubernetes.audit.${field}`, value]),
  ),
  'container.image.name': 'registry.test/init:1',
};

/** Other names of what the event says, and where it says that; in names of annotations `~` stands for a dot. */
const repeated: Readonly<Record<string, readonly string[]>> = {
  'user.id': ['user.uid'],
  'user.group.name': ['user.groups'],
  'user.effective.group.name': ['impersonatedUser.groups'],
  'url.original': ['requestURI'],
  'user_agent.original': ['userAgent'],
  'http.request.id': ['auditID'],
  'orchestrator.resource.id': ['objectRef.uid'],
  'kubernetes.audit.annotations.authorization_k8s_io/decision': ['annotations.authorization~k8s~io/decision'],
  'kubernetes.audit.annotations.authorization_k8s_io/reason': ['annotations.authorization~k8s~io/reason'],
  'related.user': ['user.username', 'impersonatedUser.username'],
  'related.ip': ['sourceIPs'],
  'container.image.name': [
    'requestObject.spec.containers.image',
    'requestObject.spec.template.spec.containers.image',
  ],
};

const withDots = (name: string) => name.replaceAll('~', '.');

/** What is no address is not among addresses. */
function addressIn(field: string, value: string): string | undefined {
  return field.endsWith('.ip') ? sourceAddress(value) : value;
}

const bucketsSchema = z.object({
  buckets: z.array(
    z.object({ key: z.union([z.string(), z.number(), z.object({ key: z.string() })]), doc_count: z.int() }),
  ),
});
const found = z.object({
  hits: z.object({
    total: z.object({ value: z.int() }),
    hits: z.array(
      z.object({
        sort: z.tuple([z.string().nullable()]).optional(),
        fields: z.record(z.string(), z.array(z.unknown())).optional(),
      }),
    ),
  }),
  aggregations: z.record(z.string(), bucketsSchema).optional(),
});

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
    flattened: { name: text },
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
