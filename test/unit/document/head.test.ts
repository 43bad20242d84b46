import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auditMember, documentPieces, eventHead, print, timestampOf } from '../../../agent/document/index.ts';
import { isFields, parseEvent } from '../../../agent/event/index.ts';
import type { AuditEvent } from '../../../agent/event/index.ts';
import { event, linesOf } from '../../kit/events.ts';
import { context, place } from './places.ts';

const samples = linesOf('test/kit/fixtures/samples.jsonl');

/** The head alone, as an object. */
function headOf(changes: Record<string, unknown> = {}, at = place): Record<string, unknown> {
  return JSON.parse(`${eventHead(event(changes), context, at)}}`) as Record<string, unknown>;
}

/** Every leaf of a value with its path, as Elasticsearch sees fields. */
function* leaves(value: unknown, path: string): Generator<[string, unknown]> {
  if (Array.isArray(value)) for (const item of value as unknown[]) yield* leaves(item, path);
  else if (isFields(value))
    for (const [key, inner] of Object.entries(value))
      yield* leaves(inner, path === '' ? key : `${path}.${key}`);
  else yield [path, value];
}

describe('a whole document', () => {
  test('is JSON for every recorded event, with the raw line under kubernetes.audit', () => {
    expect(samples.length).toBe(200);
    for (const line of samples) {
      const one = parseEvent(line) as AuditEvent;
      const document = Buffer.concat(
        documentPieces(eventHead(one, context, place), [line]).map((piece) => Buffer.from(piece)),
      );
      expect(document.toString().startsWith('{"@timestamp":"2026-11-23T')).toBe(true);
      const value = JSON.parse(document.toString()) as {
        '@timestamp': string;
        kubernetes: { audit: unknown };
      };
      expect(value.kubernetes.audit).toEqual(JSON.parse(line.toString()));
      expect(value['@timestamp']).toBe(one.stageTimestamp);
      const at = document.indexOf(auditMember);
      expect(document.subarray(at + auditMember.length, -2).equals(line)).toBe(true);
    }
  });

  test('has no key twice, and the head no key that an event chose', () => {
    const known = new Set<string>();
    for (const line of samples) {
      const head = eventHead(parseEvent(line) as AuditEvent, context, place);
      const value = JSON.parse(`${head}}`) as Record<string, unknown>;
      // JSON.parse keeps the last of equal keys: printed again, a head with a key twice would be shorter.
      expect(JSON.stringify(value)).toBe(`${head}}`);
      for (const [path] of leaves(value, '')) known.add(path);
    }
    expect([...known].toSorted()).toMatchSnapshot();
  });
});

describe('the head', () => {
  test('says of a plain request what ECS has a field for', () => {
    expect(headOf()).toMatchSnapshot();
  });

  test('says of an impersonated request who asked and as whom, and gives the role to the latter', () => {
    const { user } = headOf({
      user: { username: 'bob@example.test', uid: 'u-1', groups: ['dev'] },
      impersonatedUser: { username: 'system:admin', groups: ['system:masters'] },
      annotations: {
        'authorization.k8s.io/reason':
          'RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "cluster-admin" to Group "system:masters"',
      },
    });
    expect(user).toEqual({
      name: 'bob@example.test',
      email: 'bob@example.test',
      domain: 'example.test',
      effective: { name: 'system:admin', roles: ['cluster-admin'] },
    });
  });

  test.each([
    ['RBAC: allowed by RoleBinding "b/lab" of Role "reader" to ServiceAccount "app/lab"', ['reader']],
    ['RBAC: allowed by RoleBinding "b/lab" of ClusterRole "edit" to Group "dev"', ['edit']],
    [
      'RBAC: allowed by ClusterRoleBinding "x\\" of ClusterRole \\"cluster-admin\\" to " of ClusterRole "view" to User "u"',
      ['view'],
    ],
    ['', undefined],
    ['unrelated of ClusterRole "cluster-admin" to User "x"', undefined],
  ])('takes from the reason %j the role that the apiserver means', (reason, roles) => {
    const { user } = headOf({ annotations: { 'authorization.k8s.io/reason': reason } });
    expect((user as { roles?: string[] }).roles).toEqual(roles);
  });

  test.each([
    [['10.0.0.1'], '10.0.0.1', undefined],
    [['1.2.3.4', '2001:db8::1', '10.0.0.1'], '10.0.0.1', ['1.2.3.4', '2001:db8::1']],
    [['1.2.3.4', 'nonsense'], undefined, ['1.2.3.4']],
    [['999.1.1.1', 'fe80::1%eth0', '::1'], '::1', ['fe80::1']],
    [['192.0.2.10:4711'], '192.0.2.10', undefined],
    [['fe80::1%eth0'], 'fe80::1', undefined],
    [['[2001:db8::1]:443'], '2001:db8::1', undefined],
    [['192.0.2.10', ''], undefined, ['192.0.2.10']],
    [[...Array<string>(1000).fill('1.2.3.4'), '10.0.0.9'], '10.0.0.9', Array<string>(255).fill('1.2.3.4')],
    ['10.0.0.1', undefined, undefined],
    [[{}, 1], undefined, undefined],
    [undefined, undefined, undefined],
  ])('takes the source address from the connection alone: %j', (sourceIPs, ip, claimed) => {
    const head = headOf({ sourceIPs });
    const own: unknown = Array.isArray(sourceIPs) ? sourceIPs.at(-1) : undefined;
    const address = typeof own === 'string' && own !== '' ? own : undefined;
    const source = { ...(ip !== undefined && { ip }), ...(address !== undefined && { address }) };
    expect(head['source']).toEqual(address === undefined ? undefined : source);
    expect(head['network']).toEqual(claimed === undefined ? undefined : { forwarded_ip: claimed });
  });

  test.each([
    ['get', 'pods', '', 'ResponseComplete', 200, 'allow', ['api'], ['access', 'allowed'], 'success'],
    ['get', 'pods', '', 'ResponseComplete', 404, 'allow', ['api'], ['access', 'allowed'], 'failure'],
    ['get', 'pods', '', 'ResponseComplete', 403, 'forbid', ['api'], ['access', 'denied'], 'failure'],
    ['create', 'pods', '', 'ResponseComplete', 403, 'allow', ['api'], ['creation', 'denied'], 'failure'],
    ['delete', 'pods', '', 'RequestReceived', undefined, undefined, ['api'], ['deletion'], 'unknown'],
    [
      'list',
      'nodes',
      '',
      'ResponseStarted',
      401,
      undefined,
      ['api', 'authentication'],
      ['start', 'denied'],
      'failure',
    ],
    [
      'create',
      'pods',
      'exec',
      'ResponseStarted',
      101,
      'allow',
      ['api', 'process'],
      ['start', 'allowed'],
      'success',
    ],
    [
      'get',
      'pods',
      'exec',
      'ResponseComplete',
      101,
      'allow',
      ['api', 'process'],
      ['end', 'allowed'],
      'success',
    ],
    [
      'get',
      'nodes',
      'proxy',
      'ResponseStarted',
      200,
      'allow',
      ['api', 'network'],
      ['start', 'allowed'],
      'success',
    ],
    [
      'create',
      'serviceaccounts',
      'token',
      'ResponseComplete',
      201,
      'allow',
      ['api', 'authentication', 'iam'],
      ['creation', 'allowed'],
      'success',
    ],
    [
      'patch',
      'configmaps',
      '',
      'Panic',
      500,
      'allow',
      ['api', 'configuration'],
      ['change', 'allowed'],
      'failure',
    ],
  ])(
    'categorizes %s %s/%s at %s with %s and %s',
    (verb, resource, subresource, stage, code, decision, category, type, outcome) => {
      const head = headOf({
        verb,
        stage,
        objectRef: { resource, ...(subresource !== '' && { subresource }) },
        responseStatus: code === undefined ? undefined : { code },
        annotations: { 'authorization.k8s.io/decision': decision },
      });
      expect(head['event']).toMatchObject({ category, type, outcome, action: verb });
    },
  );

  test('categorizes changes of rights as identity management', () => {
    const head = headOf({
      verb: 'create',
      objectRef: { resource: 'clusterrolebindings', apiGroup: 'rbac.authorization.k8s.io' },
    });
    expect(head['event']).toMatchObject({ category: ['api', 'iam'], type: ['creation', 'allowed'] });
  });

  test('lacks what the event lacks', () => {
    const {
      event: about,
      orchestrator,
      ...rest
    } = JSON.parse(
      `${eventHead({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', depth: 1 }, context, place)}}`,
    ) as Record<string, unknown>;
    expect(Object.keys(rest)).toEqual([
      '@timestamp',
      'data_stream',
      'ecs',
      'agent',
      'host',
      'log',
      'auditseal',
    ]);
    expect(orchestrator).toEqual({ type: 'kubernetes', cluster: { name: 'prod' } });
    expect(about).not.toHaveProperty('action');
    expect(rest['@timestamp']).toBe('2026-11-23T02:00:00.123Z');
  });

  test('carries what became of the line', () => {
    const cut = { bytes: 9_000_000, mac: 'ab', fields: ['requestObject'] };
    expect(headOf({}, { ...place, rule: 'node.reads' })['auditseal']).toMatchObject({ rule: 'node.reads' });
    expect(headOf({}, { ...place, recovered: true, cut })['auditseal']).toEqual({
      origin: context.origin,
      batch: 7,
      recovered: true,
      cut,
    });
  });
});

describe('hostile events', () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      '\ud800',
      'a\udc00b',
      '"\\\u0000\u001f\u007f\u2028',
      'x'.repeat(9000),
      '😀'.repeat(5000),
      ',"kubernetes":{"audit":',
      '}}\n',
    ),
  );
  const fields = [
    'stage',
    'requestURI',
    'verb',
    'user',
    'impersonatedUser',
    'sourceIPs',
    'userAgent',
    'objectRef',
    'responseStatus',
    'annotations',
    'auditID',
    'stageTimestamp',
    'level',
  ];
  const inner = fc.record(
    {
      username: anything,
      uid: anything,
      groups: fc.oneof(anything, fc.array(anything)),
      resource: anything,
      name: anything,
      namespace: anything,
      apiGroup: anything,
      apiVersion: anything,
      subresource: anything,
      code: anything,
      'authorization.k8s.io/decision': anything,
      'authorization.k8s.io/reason': anything,
    },
    { requiredKeys: [] },
  );
  const changes = fc.record(
    Object.fromEntries(fields.map((field) => [field, fc.oneof(anything, inner, fc.array(anything))])),
    { requiredKeys: [] },
  );

  test('give a head that is valid, typed, bounded UTF-8, whatever their fields hold', () => {
    const typed = new Map<string, string>();
    for (const line of samples) {
      for (const [path, value] of leaves(
        JSON.parse(`${eventHead(parseEvent(line) as AuditEvent, context, place)}}`),
        '',
      ))
        typed.set(path, typeof value);
    }
    for (const path of [
      'source.ip',
      'network.forwarded_ip',
      'user.effective.email',
      'user.effective.domain',
      'user.effective.roles',
      'related.user',
      'kubernetes.audit.requestURI',
      'kubernetes.audit.userAgent',
      'auditseal.authorizer',
    ])
      typed.set(path, 'string');
    fc.assert(
      fc.property(changes, (fuzzed) => {
        const head = eventHead(event(fuzzed), context, place);
        expect(head).toBe(head.toWellFormed());
        expect(head).not.toContain(auditMember);
        expect(head.startsWith('{"@timestamp":"')).toBe(true);
        const value: unknown = JSON.parse(`${head}}`);
        const odd = [...leaves(value, '')].filter(
          ([path, leaf]) =>
            typeof leaf !== typed.get(path) || (typeof leaf === 'string' && leaf.length > 8191),
        );
        expect(odd).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('cannot choose an @timestamp, a status code or an id of another type', () => {
    const head = headOf({
      stageTimestamp: '2026-02-30T00:00:00Z',
      responseStatus: { code: '200' },
      auditID: { a: 1 },
      user: { username: 7, groups: ['a', 1, null] },
    });
    expect(head['@timestamp']).toBe('2026-11-23T01:06:03.433599Z');
    expect(head['http']).toBeUndefined();
    expect(head['user']).toBeUndefined();
  });

  test('cut a long query at a whole character', () => {
    const { path, query } = headOf({ requestURI: `/a?${'😀'.repeat(5000)}` })['url'] as Record<
      string,
      string
    >;
    expect([path, query?.length]).toEqual(['/a', 8190]);
    expect(query?.isWellFormed()).toBe(true);
  });

  test('have what the index would leave out for its length beside the event, cut', () => {
    const userAgent = `curl/8 ${'x'.repeat(12_000)}`;
    expect(headOf({ userAgent: 'x'.repeat(10_922) })).not.toHaveProperty(['kubernetes.audit.userAgent']);
    const head = headOf({ userAgent, requestURI: `/a?command=id&x=${'y'.repeat(12_000)}` });
    expect(head['kubernetes.audit.userAgent']).toBe(userAgent.slice(0, 8191));
    expect(String(head['kubernetes.audit.requestURI']).startsWith('/a?command=id&x=')).toBe(true);
  });

  test('may nest 10,000 deep', () => {
    const line = Buffer.from(
      `{"kind":"Event","apiVersion":"audit.k8s.io/v1","user":${'{"user":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    );
    expect(eventHead(parseEvent(line) as AuditEvent, context, place)).not.toContain('"user"');
  });
});

describe('strings', () => {
  test('are escaped as the format says, and a lone surrogate becomes U+FFFD', () => {
    expect(print('a"\\/\b\t\n\f\r\u0000\u001f\u007f\u2028é😀')).toBe(
      '"a\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\u007f\u2028é😀"',
    );
    expect(print('\ud800x\udc00')).toBe('"\ufffdx\ufffd"');
  });

  test('come back from JSON.parse as they were', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => JSON.parse(print(text)) === text));
  });
});

describe('@timestamp', () => {
  const readAt = new Date('2027-01-01T00:00:00Z');
  const received = '2026-11-23T01:06:03.000001Z';
  const timeOf = (changes: Record<string, unknown>) => timestampOf(event(changes), readAt);

  test.each([
    ['2026-11-23T01:06:03.433599Z', '2026-11-23T01:06:03.433599Z'],
    ['2026-11-23T01:06:03Z', '2026-11-23T01:06:03.000000Z'],
    ['2024-02-29T23:59:59.999999999Z', '2024-02-29T23:59:59.999999Z'],
    ['2000-02-29T00:00:00.0Z', '2000-02-29T00:00:00.000000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000000Z'],
    ['2026-11-23T01:06:03+00:00', '2026-11-23T01:06:03.000000Z'],
    ['2026-11-23t01:06:03z', '2026-11-23T01:06:03.000000Z'],
    ['2026-03-01T00:30:00.5+05:30', '2026-02-28T19:00:00.500000Z'],
    ['2026-12-31T23:30:00-01:00', '2027-01-01T00:30:00.000000Z'],
    ['1969-12-31T23:30:00-01:00', '1970-01-01T00:30:00.000000Z'],
    ['2026-11-23T01:06:03.1234567890Z', '2026-11-23T01:06:03.123456Z'],
  ])('is the instant %s, in UTC with six digits: %s', (stageTimestamp, expected) => {
    expect(timeOf({ stageTimestamp })).toBe(expected);
    // Asked again, and where another event has it as another of its times.
    expect(timeOf({ stageTimestamp })).toBe(expected);
    expect(timeOf({ stageTimestamp: undefined, requestReceivedTimestamp: stageTimestamp })).toBe(expected);
  });

  test.each([
    '2026-11-23T01:06:03',
    '2026-11-23 01:06:03Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-02-29T00:00:00.000000Z',
    '2100-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-11-00T00:00:00Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T01:60:00Z',
    '2026-11-23T01:06:60.000000Z',
    '2026-11-23T01:06:03.Z',
    '2026-11-23T01:06:03.12a4Z',
    '2026-11-23T01:06:03.12a456Z',
    '2026-11-23T01:06:03+24:00',
    '2026-11-23T01:06:03+00:60',
    '2026-11-23T01:06:03+0100',
    '٢٠٢٦-11-23T01:06:03Z',
    '0000-01-01T00:00:00Z',
    '0099-01-01T00:00:00Z',
    '1969-12-31T23:59:59.999999Z',
    '1970-01-01T00:30:00+01:00',
    '9999-01-01T00:00:00Z',
    '+2026-11-23T01:06:03Z',
    `2026-11-23T01:06:03.${'0'.repeat(100)}Z`,
    '',
    1_800_000_000,
    null,
    ['2026-11-23T01:06:03Z'],
  ])('is not %j, but the next of its times', (value) => {
    expect(timeOf({ stageTimestamp: value, requestReceivedTimestamp: received })).toBe(received);
    const old = { stageTimestamp: value, requestReceivedTimestamp: value };
    expect(timeOf({ ...old, timestamp: '2018-07-06T06:05:49Z' })).toBe('2018-07-06T06:05:49.000000Z');
    expect(timeOf({ ...old, timestamp: value })).toBe('2027-01-01T00:00:00.000Z');
  });

  test('of old versions of the audit API', () => {
    const times = linesOf('test/kit/fixtures/old-times.jsonl').map((line) =>
      timestampOf(parseEvent(line)!, readAt),
    );
    expect(times).toEqual([
      '2017-07-12T11:02:43.000000Z',
      '2018-07-06T06:05:49.000000Z',
      '2026-11-30T11:00:04.000000Z',
    ]);
  });
});

function categorized(responseStatus: object) {
  const { event: about, http } = headOf({ responseStatus: { metadata: {}, ...responseStatus } });
  const { type, outcome, category } = about as Record<string, unknown>;
  return { category, type, outcome, http };
}

test('what failed without a code is a failure, denied where its reason says so; 0 is no code', () => {
  const get = { category: ['api'], http: undefined };
  const denied = { ...get, type: ['access', 'denied'], outcome: 'failure' };
  expect(categorized({ status: 'Failure', message: 'pods is forbidden', reason: 'Forbidden' })).toEqual(
    denied,
  );
  expect(categorized({ status: 'Failure', reason: 'Unauthorized' })).toEqual({
    ...denied,
    category: ['api', 'authentication'],
    type: ['start', 'denied'],
  });
  const allowed = { ...get, type: ['access', 'allowed'] };
  expect(categorized({ status: 'Failure', message: 'context canceled' })).toEqual({
    ...allowed,
    outcome: 'failure',
  });
  expect(categorized({ reason: 'Forbidden' })).toEqual({ ...allowed, outcome: 'unknown' });
  expect(categorized({ code: 0 })).toEqual({ ...allowed, outcome: 'unknown' });
});

describe('url', () => {
  test.each([
    ['/a', { path: '/a' }],
    ['/a?', { path: '/a' }],
    ['?b', { query: 'b' }],
    ['?', undefined],
    ['/a?b=c?d', { path: '/a', query: 'b=c?d' }],
    ['/"\\?"\u0000\ud800', { path: '/"\\', query: '"\u0000\ufffd' }],
    ['', undefined],
    [7, undefined],
  ])('takes %j apart', (requestURI, url) => {
    expect(headOf({ requestURI })['url']).toEqual(url);
  });
});

test('a head does not depend on the events before it, however many different names they had', () => {
  const one = {
    objectRef: { resource: 'pods', subresource: 'exec', apiGroup: 'g', apiVersion: 'v1' },
    annotations: {
      'authorization.k8s.io/reason': 'RBAC: allowed by RoleBinding "b/lab" of Role "reader" to User "x"',
    },
  };
  const before = headOf(one);
  for (let index = 0; index < 3000; index++) {
    const odd = headOf({
      objectRef: { resource: `r${index}`, subresource: 's' },
      annotations: {
        'authorization.k8s.io/reason': `RBAC: allowed by RoleBinding "b" of Role "r${index}" to User "x"`,
      },
    });
    expect(odd).toMatchObject({
      orchestrator: { resource: { type: `r${index}/s` } },
      user: { roles: [`r${index}`] },
    });
  }
  expect(headOf(one)).toEqual(before);
});
