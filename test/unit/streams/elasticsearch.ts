import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultPolicy } from '../../../agent/policy/index.ts';
import { bulk, createClient, request } from '../../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../../agent/elasticsearch/index.ts';
import { checkStreams, eventStream, installTemplates, recordStream } from '../../../agent/streams/index.ts';
import { allDocuments, randomNamespace, refresh } from '../../kit/elasticsearch/index.ts';
import { gzipBody } from '../../kit/body.ts';

const samples = readFileSync(join(import.meta.dirname, '../../kit/fixtures/samples.jsonl'), 'utf8')
  .trimEnd()
  .split('\n');

interface Installation {
  client: ElasticsearchClient;
  namespace: string;
  stream: string;
}

async function count({ client, stream }: Installation, field: string, value: string | number | boolean) {
  const body = { query: { term: { [field]: value } } };
  const answer = await request(client, { method: 'POST', path: `/${stream}/_count`, body });
  return answer.body;
}

function document(id: string): { id: string; source: string } {
  return { id, source: `{"@timestamp":"2026-11-23T01:00:00Z","event":{"id":"${id}"}}` };
}

/** What must hold on each version of Elasticsearch that the agent can work with. */
export function definesShipping(getUrl: () => string): void {
  const install = async (): Promise<Installation> => {
    const client = await createClient({ urls: [getUrl()], requestSeconds: 30 });
    const namespace = randomNamespace();
    expect(await installTemplates(client, { namespace, retentionDays: 400 })).toEqual({
      installed: true,
      warnings: [],
    });
    return { client, namespace, stream: eventStream(namespace) };
  };
  const stored = async (stream: string): Promise<Map<string, string>> => {
    await refresh(getUrl(), stream);
    const found = new Map<string, string>();
    for await (const { id, source } of allDocuments(getUrl(), stream)) found.set(id, source.toString());
    return found;
  };

  test('every real event is accepted, and its bytes come back as they were sent', async () => {
    const { client, stream } = await install();
    const documents = samples.map((line, i) => ({
      id: `event-${i}`,
      source: `{"@timestamp":"2026-11-23T01:00:00.123456Z","kubernetes":{"audit":${line}}}`,
    }));
    const { items } = await bulk(client, { stream, gzipBody: gzipBody(documents), count: documents.length });
    expect(items.filter(({ status }) => status !== 201)).toEqual([]);
    expect(items.every(({ failureStore }) => failureStore !== 'used')).toBe(true);
    expect(await stored(stream)).toEqual(new Map(documents.map(({ id, source }) => [id, source])));
  });

  test('spelling, spaces, large integers and exponents survive in _source', async () => {
    const { client, stream } = await install();
    const source =
      '{ "@timestamp" : "2026-11-23T01:00:00Z","a":1.0,"b":1e3,"c":12345678901234567890123,"d":"\\u0026\\u2028", "e":{"":[]} }';
    await bulk(client, { stream, gzipBody: gzipBody([{ id: '1', source }]), count: 1 });
    expect([...(await stored(stream)).values()]).toEqual([source]);
  });

  test('several gzip members are one body, and a second creation of an id is a 409', async () => {
    const { client, stream } = await install();
    const members = Buffer.concat([gzipBody([document('1'), document('2')]), gzipBody([document('3')])]);
    const first = await bulk(client, { stream, gzipBody: members, count: 3 });
    expect(first.items.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(first.items[0]?.index).toMatch(new RegExp(`^\\.ds-${stream}-`, 'u'));
    const again = await bulk(client, {
      stream,
      gzipBody: gzipBody([document('3'), document('4')]),
      count: 2,
    });
    expect(again.items.map(({ status, error }) => [status, error?.type])).toEqual([
      [409, 'version_conflict_engine_exception'],
      [201, undefined],
    ]);
    expect([...(await stored(stream)).keys()].toSorted((a, b) => a.localeCompare(b))).toEqual([
      '1',
      '2',
      '3',
      '4',
    ]);
  });

  test('what a client can write into a request does not get its event refused', async () => {
    const installation = await install();
    const { client, stream } = installation;
    const long = 'x'.repeat(40_000);
    const longest = '\uFFFF'.repeat(10_922);
    const events = [
      { verb: 'get', requestURI: long, userAgent: long, user: { username: long, groups: [long] } },
      { verb: longest },
      {
        annotations: {
          'authorization.k8s.io/decision': 'allow',
          '.': 'a',
          '..': 'b',
          'x.': 'd',
          '.y': long,
        },
      },
      {
        user: {
          extra: { 'a..b': ['x'], '.': ['y'], '': ['z'], 'example.test/team': ['p'] },
        },
      },
      { requestObject: [{ op: 'replace', path: '/spec', value: { type: {} } }] },
      {
        requestObject: {
          spec: { hostPID: 'perhaps', containers: [{ image: long }, { securityContext: { privileged: 7 } }] },
        },
      },
      { responseStatus: { code: 'many', message: long } },
      { requestReceivedTimestamp: 'yesterday', sourceIPs: ['not an address'] },
      {
        responseObject: {
          metadata: { managedFields: [{ fieldsV1: { 'f:metadata': { '.': {}, 'f:a.b/c': {} } } }] },
        },
      },
    ];
    const documents = events.map((audit, i) => ({
      id: String(i),
      source: JSON.stringify({
        '@timestamp': '2026-11-23T01:00:00Z',
        source: { ip: 'unknown' },
        kubernetes: { audit },
      }),
    }));
    const { items } = await bulk(client, { stream, gzipBody: gzipBody(documents), count: documents.length });
    expect(items.map(({ status, error }) => error ?? status)).toEqual(documents.map(() => 201));
    await refresh(getUrl(), stream);
    expect(await count(installation, 'kubernetes.audit.verb', longest)).toMatchObject({ count: 1 });
    expect(await count(installation, 'kubernetes.audit.user.extra.example.test/team', 'p')).toMatchObject({
      count: 1,
    });
  });

  test('a body that does not fit the mapping is refused for that document alone, with type and reason', async () => {
    const { client, stream } = await install();
    const documents = ['{"spec":"text"}', '{"spec":{"type":"NodePort"}}', '{"a":1,"a":2}'].map((body, i) => ({
      id: String(i),
      source: `{"@timestamp":"2026-11-23T01:00:00Z","kubernetes":{"audit":{"requestObject":${body}}}}`,
    }));
    const { items } = await bulk(client, { stream, gzipBody: gzipBody(documents), count: 3 });
    expect(items.map(({ status }) => status)).toEqual([400, 201, 400]);
    expect(items[0]?.error?.type).toBe('document_parsing_exception');
    expect(items[0]?.error?.reason).toContain('requestObject.spec');
  });

  test("the fields that Elastic's prebuilt rules read are found by exact value", async () => {
    const installation = await install();
    const { client, stream } = installation;
    const audit = {
      verb: 'create',
      stage: 'ResponseComplete',
      user: { username: 'eve', groups: ['system:masters'] },
      impersonatedUser: { username: 'admin', groups: ['g'] },
      sourceIPs: ['192.0.2.1', '10.0.0.1'],
      objectRef: { resource: 'pods', subresource: 'exec', apiGroup: 'rbac.authorization.k8s.io' },
      responseStatus: { code: 403, reason: 'Forbidden' },
      annotations: { 'authorization.k8s.io/decision': 'forbid' },
      requestObject: {
        spec: {
          hostPID: true,
          containers: [
            { image: 'a' },
            { image: 'b', securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN'] } } },
          ],
          volumes: [{ hostPath: { path: '/' } }],
        },
        roleRef: { name: 'cluster-admin' },
        rules: [{ verbs: ['*'], resources: ['secrets'] }],
      },
      responseObject: { rules: [{ verbs: ['escalate'] }] },
    };
    const source = JSON.stringify({
      '@timestamp': '2026-11-23T01:00:00Z',
      event: { sequence: 9_007_199_254_740_991 },
      auditseal: { credential: { pod: 'p' } },
      kubernetes: { audit },
    });
    await bulk(client, { stream, gzipBody: gzipBody([{ id: '1', source }]), count: 1 });
    await refresh(getUrl(), stream);
    const expected = {
      'event.sequence': 9_007_199_254_740_991,
      'kubernetes.audit.verb': 'create',
      'kubernetes.audit.user.extra.authentication.kubernetes.io/pod-name': 'p',
      'kubernetes.audit.user.groups': 'system:masters',
      'kubernetes.audit.impersonatedUser.username': 'admin',
      'kubernetes.audit.sourceIPs': '10.0.0.1',
      'kubernetes.audit.objectRef.subresource': 'exec',
      'kubernetes.audit.responseStatus.code': 403,
      'kubernetes.audit.annotations.authorization_k8s_io/decision': 'forbid',
      'kubernetes.audit.requestObject.spec.hostPID': true,
      'kubernetes.audit.requestObject.spec.containers.image': 'b',
      'kubernetes.audit.requestObject.spec.containers.securityContext.privileged': true,
      'kubernetes.audit.requestObject.spec.containers.securityContext.capabilities.add': 'SYS_ADMIN',
      'kubernetes.audit.requestObject.spec.volumes.hostPath.path': '/',
      'kubernetes.audit.requestObject.roleRef.name': 'cluster-admin',
      'kubernetes.audit.requestObject.rules.resources': 'secrets',
      'kubernetes.audit.responseObject.rules.verbs': 'escalate',
    };
    for (const [field, value] of Object.entries(expected))
      expect(await count(installation, field, value), field).toMatchObject({ count: 1 });
  });

  test('a record with megabytes of hashes, and a refused form, are stored without being indexed', async () => {
    const { client, namespace } = await install();
    const hashes = 'A'.repeat(2_000_000);
    const record = `{"@timestamp":"2026-11-23T01:00:00.000Z","auditseal":{"v":1,"origin":"o","batch":0,"leaf_hashes":"${hashes}"}}`;
    const form = `{"@timestamp":"2026-11-23T01:00:00Z","auditseal":{"origin":"o","batch":0},"error":{"message":"m"},"auditseal.refused":"${hashes}"}`;
    for (const [stream, source] of [
      [recordStream(namespace), record],
      [eventStream(namespace), form],
    ] as const) {
      const { items } = await bulk(client, { stream, gzipBody: gzipBody([{ id: '1', source }]), count: 1 });
      expect(items.map(({ status, error }) => error ?? status)).toEqual([201]);
      expect([...(await stored(stream)).values()]).toEqual([source]);
    }
    expect((await checkStreams(client, { namespace })).map(({ state }) => state)).toEqual(['ok', 'ok']);
  });

  test('no name of a rule gets a record refused or makes a field, and the default policy’s can be summed', async () => {
    const { client, namespace } = await install();
    const stream = recordStream(namespace);
    const own = defaultPolicy().droppingRules;
    expect(own.length).toBeGreaterThan(5);
    const odd = [
      'a',
      'a.b',
      'a.',
      'a..b',
      'a.b.',
      'a...',
      '0',
      '0.0',
      'a-',
      'A_',
      'constructor',
      'r'.repeat(63),
    ];
    const long = Array.from({ length: 2000 }, (_, i) => `many-${i}`);
    const names = [...odd, ...long, ...own, ...own.flatMap((name) => [`${name}.`, `${name}.x`])];
    const all = Object.fromEntries(names.map((name, i) => [name, i]));
    const documents = [
      { all },
      ...names.slice(0, 20).map((name) => ({ [name]: 1 })),
      { [own[0]!]: 2 ** 53 - 1 },
    ].map((dropped, i) => ({
      id: String(i),
      source: JSON.stringify({
        '@timestamp': '2026-11-23T01:00:00.000Z',
        auditseal: { v: 1, dropped_by: 'all' in dropped ? all : dropped },
      }),
    }));
    const fields = async () =>
      JSON.stringify((await request(client, { method: 'GET', path: `/${stream}/_mapping` })).body);
    const { items: first } = await bulk(client, {
      stream,
      gzipBody: gzipBody([document('first')]),
      count: 1,
    });
    expect(first[0]?.status).toBe(201);
    const before = await fields();
    const { items } = await bulk(client, { stream, gzipBody: gzipBody(documents), count: documents.length });
    expect(items.map(({ status, error }) => error ?? status)).toEqual(documents.map(() => 201));
    expect(await fields()).toBe(before);
    await refresh(getUrl(), stream);
    const aggs = Object.fromEntries(
      own.map((name) => [name, { sum: { field: `auditseal.dropped_by.${name}` } }]),
    );
    const body = { size: 0, query: { term: { _id: '0' } }, aggs };
    const answer = await request(client, { method: 'POST', path: `/${stream}/_search`, body });
    expect(answer.body).toMatchObject({
      aggregations: Object.fromEntries(own.map((name) => [name, { value: all[name] }])),
    });
  });

  test('a bulk request to what is not a data stream of ours makes nothing', async () => {
    const { client } = await install();
    const documents = [{ id: '1', source: '{"@timestamp":"2026-11-23T01:00:00Z"}' }];
    const stream = `nothing-${randomNamespace()}`;
    const { items } = await bulk(client, { stream, gzipBody: gzipBody(documents), count: 1 });
    expect(items.map(({ status }) => status)).toEqual([404]);
  });
}
