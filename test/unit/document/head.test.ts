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
    const { user, related } = headOf({
      user: { username: 'bob@example.test', uid: 'u-1', groups: ['dev'] },
      impersonatedUser: { username: 'system:admin', groups: ['system:masters'] },
      annotations: {
        'authorization.k8s.io/reason':
          'RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "cluster-admin" to Group "system:masters"',
      },
    });
    expect(user).toEqual({
      name: 'bob@example.test',
      id: 'u-1',
      email: 'bob@example.test',
      domain: 'example.test',
      group: { name: ['dev'] },
      effective: { name: 'system:admin', group: { name: ['system:masters'] }, roles: ['cluster-admin'] },
    });
    expect(related).toEqual({ user: ['bob@example.test', 'system:admin'], ip: ['10.0.0.1'] });
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
      'user.effective.id',
      'user.effective.email',
      'user.effective.domain',
      'user.effective.roles',
      'orchestrator.resource.id',
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
    expect(head['@timestamp']).toBe('2026-11-23T02:00:00.123Z');
    expect(head['http']).toBeUndefined();
    expect(head['user']).toEqual({ group: { name: ['a'] } });
  });

  test('keep a long Audit-ID and cut a longer URI at a whole character', () => {
    const long = `/a?${'😀'.repeat(5000)}`;
    const head = headOf({ auditID: 'i'.repeat(600), requestURI: long });
    expect(head['http']).toMatchObject({ request: { id: 'i'.repeat(600) } });
    const { original, path, query } = head['url'] as Record<string, string>;
    expect(path).toBe('/a');
    expect(long.startsWith(original as string)).toBe(true);
    expect([original?.length, query?.length]).toEqual([8191, 8190]);
    expect(original?.isWellFormed()).toBe(true);
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
  const taken = (stageTimestamp: unknown) =>
    timestampOf(event({ stageTimestamp }), readAt) === stageTimestamp;

  test.each([
    '2026-11-23T01:06:03.433599Z',
    '2026-11-23T01:06:03Z',
    '2024-02-29T23:59:59.999999999Z',
    '2000-02-29T00:00:00.0Z',
    '1970-01-01T00:00:00Z',
  ])('takes %s', (text) => {
    expect(taken(text)).toBe(true);
  });

  test.each([
    '2026-11-23T01:06:03',
    '2026-11-23T01:06:03+00:00',
    '2026-11-23t01:06:03z',
    '2026-11-23 01:06:03Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-11-00T00:00:00Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T01:60:00Z',
    '2026-11-23T01:06:60Z',
    '2026-11-23T01:06:03.Z',
    '2026-11-23T01:06:03.1234567890Z',
    '2026-11-23T01:06:03.12a4Z',
    '٢٠٢٦-11-23T01:06:03Z',
    '0000-01-01T00:00:00Z',
    '9999-01-01T00:00:00Z',
    '+2026-11-23T01:06:03Z',
    '',
    1_800_000_000,
    null,
    ['2026-11-23T01:06:03Z'],
  ])('does not take %j, but the time of reading', (value) => {
    expect(taken(value)).toBe(false);
    expect(timestampOf(event({ stageTimestamp: value }), readAt)).toBe('2027-01-01T00:00:00.000Z');
  });
});

describe('url', () => {
  test.each([
    ['/a', { original: '/a', path: '/a' }],
    ['/a?', { original: '/a?', path: '/a' }],
    ['?b', { original: '?b', query: 'b' }],
    ['?', { original: '?' }],
    ['/a?b=c?d', { original: '/a?b=c?d', path: '/a', query: 'b=c?d' }],
    ['/"\\?"\u0000\ud800', { original: '/"\\?"\u0000\ufffd', path: '/"\\', query: '"\u0000\ufffd' }],
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
