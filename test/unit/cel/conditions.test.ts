import { describe, expect, test } from 'vitest';
import { bodiesIn, CelError, CelEvent, Conditions } from '../../../agent/cel/index.ts';
import { parseEvent } from '../../../agent/event/index.ts';
import type { AuditEvent } from '../../../agent/event/index.ts';

const conditions = new Conditions();

function seen(members: object): { event: CelEvent } {
  const bytes = Buffer.from(JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...members }));
  return { event: new CelEvent(parseEvent(bytes) as AuditEvent, bodiesIn(bytes)) };
}

const pod = {
  verb: 'create',
  stage: 'ResponseComplete',
  user: {
    username: 'alice',
    groups: ['dev', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': ['JTI=1'] },
  },
  sourceIPs: ['192.0.2.1', '10.0.0.1'],
  objectRef: { resource: 'pods', namespace: 'kube-system', name: 'web' },
  responseStatus: { code: 201 },
  annotations: { 'authorization.k8s.io/decision': 'allow' },
  stageTimestamp: '2026-11-30T02:00:00.000000Z',
  requestObject: {
    constructor: 'x',
    metadata: { labels: null },
    spec: {
      replicas: 3,
      hostPID: true,
      containers: [
        { name: 'a', ports: [{ hostPort: 80 }] },
        { name: 'b', securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN'] } } },
      ],
      initContainers: null,
    },
  },
};

describe('a condition', () => {
  test.each([
    ['event.verb == "create" && event.objectRef.resource == "pods"', true],
    ['event.user.username.startsWith("system:")', false],
    ['"dev" in event.user.groups', true],
    ['event.user.groups.exists(g, g == "system:masters")', false],
    ['event.responseStatus.code >= 200 && event.responseStatus.code / 100 == 2', true],
    ['event.sourceIPs[event.sourceIPs.size() - 1] == "10.0.0.1"', true],
    ['event.annotations["authorization.k8s.io/decision"] == "allow"', true],
    ['event.annotations[?"pod-security.kubernetes.io/audit-violations"].orValue("") == ""', true],
    ['event.user.extra["authentication.kubernetes.io/credential-id"][0].startsWith("JTI=")', true],
    ['timestamp(event.stageTimestamp).getHours() < 6', true],
    ['event.requestObject.spec.hostPID == true', true],
    ['event.requestObject.spec.replicas % 2 == 1', true],
    ['event.requestObject.spec.containers.exists(c, c.?securityContext.?privileged.orValue(false))', true],
    [
      'event.requestObject.spec.containers.exists(c, c.?securityContext.?capabilities.?add.orValue([]).exists(a, a in ["SYS_ADMIN"]))',
      true,
    ],
    ['has(event.requestObject.spec.initContainers)', false],
    ['has(event.requestObject.metadata.labels)', false],
    ['event.requestObject.?spec.?initContainers.orValue([]).size() == 0', true],
    ['event.requestObject.constructor == "x"', true],
    // What the event lacks is empty, so that no condition needs to ask first.
    ['event.impersonatedUser.username == "" && event.impersonatedUser.groups.size() == 0', true],
    ['event.authenticationMetadata.impersonationConstraint == ""', true],
    ['event.userAgent == "" && event.objectRef.subresource == ""', true],
    ['event.?responseObject.?status.hasValue()', false],
    ['has(event.responseObject) || !has(event.requestObject)', false],
  ])('%s is %s', (text, value) => {
    expect(conditions.compile(text).evaluate(seen(pod))).toBe(value);
  });

  test.each([
    ['event.requestObject.spec.nodeName == "n1"', {}, 'no_such_key'],
    ['!has(event.requestObject.spec)', {}, 'no_such_key'],
    ['event.requestObject.spec.containers.size() == 1', { requestObject: { spec: 'x' } }, 'no_such_key'],
    ['event.user.username == ""', { user: { username: 1 } }, 'failed'],
    ['event.user.username == ""', { user: null }, 'failed'],
    ['event.responseStatus.code == 0', { responseStatus: { code: '0' } }, 'failed'],
    ['"x" in event.user.groups', { user: { groups: ['x', 1] } }, 'failed'],
    ['event.annotations["a"] == "b"', { annotations: { a: { b: 1 } } }, 'failed'],
    ['int(event.userAgent) == 1', { userAgent: 's3cret' }, undefined],
  ])('%s is neither of %o, and says nothing of its values', (text, members, code) => {
    const outcome = conditions.compile(text).evaluate(seen(members));
    expect(outcome).toEqual({ code: code ?? (expect.any(String) as string) });
    expect(JSON.stringify(outcome)).not.toContain('s3cret');
  });

  test.each([
    ['event.verb == "get"', ['event.verb'], false],
    [
      'event.user.username == "a" || event.annotations["b"] == "c" || "d" in event.user.groups',
      ['event.annotations', 'event.user.groups', 'event.user.username'],
      false,
    ],
    [
      'event.requestObject.spec.containers.exists(c, c.image == event.objectRef.name)',
      ['event.objectRef.name', 'event.requestObject.spec.containers'],
      true,
    ],
    ['has(event.responseObject.status.token)', ['event.responseObject.status.token'], true],
    ['event.requestObject["spec"].?hostPID.orValue(false)', ['event.requestObject.spec.hostPID'], true],
  ])('%s declares that it reads %o', (text, reads, readsBodies) => {
    const condition = conditions.compile(text);
    expect([...condition.reads]).toEqual(reads);
    expect(condition.readsBodies).toBe(readsBodies);
  });

  test('knows what else is given with the event', () => {
    const more = new Conditions({ people: 'list<string>' });
    const condition = more.compile('event.user.username in people');
    expect(condition.evaluate({ ...seen(pod), people: ['alice'] })).toBe(true);
    expect([...condition.reads]).toEqual(['event.user.username', 'people']);
  });

  test('reads a body of thousands of values once, however often it is asked', () => {
    const containers = Array.from({ length: 20_000 }, (_, i) => ({
      name: `c${i}`,
      ports: [{ hostPort: i }],
    }));
    const text = 'event.requestObject.containers.all(c, c.ports.all(p, p.hostPort >= 0))';
    expect(conditions.compile(text).evaluate(seen({ requestObject: { containers } }))).toBe(true);
  });
});

/** What of a condition stands at and behind the caret of a message. */
function pointedAt(text: string, message: string): string {
  const [shown = '', caret = ''] = message.split('\n').slice(-2);
  return text.slice(caret.indexOf('^') - shown.indexOf(text));
}

describe('a condition is refused', () => {
  test.each([
    ['event.usr.username == "a"', 'usr.', 'event has no member usr; it has level, auditID'],
    ['event.user.name == "a"', 'name ', 'event.user has no member name; it has username, uid, groups, extra'],
    ['event.?usr.hasValue()', 'usr.', 'event has no member usr'],
    ['event["verb"] == "x" && event["verbs"] == "x"', 'event["verbs"]', 'event has no member verbs'],
    ['event[event.verb] == "x"', 'event[event', 'name the member of event'],
    ['evnt.verb == "a"', 'evnt', 'evnt'],
    ['event.verb == 1', 'event.verb == 1', 'string == int'],
    ['event.verb.beginsWith("a")', 'event.verb.beg', 'beginsWith'],
    ['event.userAgent.matches("(a+)+$")', 'event.userAgent.m', 'matches() is not available'],
    ['cel.bind(x, event.verb, x == "a")', 'cel.bind', 'bind() is not available'],
    ['b"{}".json() == event.requestObject', 'b"{}".json', 'json() is not available'],
    ['has(event.user)', 'has', 'has() is true of every member'],
    ['has(event.usr)', 'usr', 'event has no member usr'],
    ['type(event) == type(event)', 'event)', 'name a member of event'],
    ['event.verb ==', '', 'Unexpected'],
    [
      'event.user.groups.exists(a, event.user.groups.exists(b, a == b))',
      'groups.exists(b',
      'a macro within a macro goes through a list of its item',
    ],
    [
      'event.user.groups.all(a, a in event.user.groups)',
      'groups)',
      'only the item and single values of the event',
    ],
    [
      'event.requestObject.a.exists(a, a.b.exists(b, a.c == b))',
      'a.c',
      'only its own item can be read, not that of the macro around it: a',
    ],
    ['event.user.groups.exists(event, event == "a")', 'event, ', 'event has a meaning already'],
  ])('%s, with a caret below %s', (text, at, why) => {
    expect.assertions(3);
    try {
      conditions.compile(text);
    } catch (error) {
      expect(error).toBeInstanceOf(CelError);
      expect((error as Error).message).toContain(why);
      expect(pointedAt(text, (error as Error).message)).toMatch(new RegExp(`^${RegExp.escape(at)}`));
    }
  });

  test.each([
    ['event.verb', 'must be true or false, and is string'],
    ['event.requestObject.?spec', 'must be true or false, and is optional'],
    [`event.verb == "${'a'.repeat(5000)}"`, 'is longer than 4096 characters'],
    [Array.from({ length: 240 }, () => 'event.verb==""').join('||'), 'Exceeded maxAstNodes'],
    [`${'('.repeat(60)}true${')'.repeat(60)}`, 'Exceeded maxDepth'],
  ])('with its reason: %s', (text, why) => {
    expect(() => conditions.compile(text)).toThrow(why);
  });
});
