import { describe, expect, test } from 'vitest';
import { bodiesIn, celValue } from '../../../agent/cel/index.ts';
import { decide, parsePolicy, PolicyError } from '../../../agent/policy/index.ts';
import { event } from '../../kit/events.ts';

const header = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
const policyOf = (...rules: string[]) =>
  parsePolicy(`${header}rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);

function problemOf(yaml: string): PolicyError {
  try {
    parsePolicy(yaml);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error('the policy was accepted');
}

describe('deciding', () => {
  test('each level is an action, and the first matching rule wins', () => {
    const policy = policyOf(
      '{level: None, verbs: [list]}',
      '{level: Metadata, verbs: [list, get]}',
      '{level: Request, verbs: [get, patch]}',
      '{level: RequestResponse, name: rest}',
    );
    expect(decide(event({ verb: 'list' }), policy)).toMatchObject({ action: 'drop', rule: 'rule-0' });
    expect(decide(event({ verb: 'get' }), policy)).toMatchObject({ action: 'metadata', rule: 'rule-1' });
    expect(decide(event({ verb: 'patch' }), policy)).toMatchObject({ action: 'request', rule: 'rule-2' });
    expect(decide(event({ verb: 'delete' }), policy)).toMatchObject({ action: 'keep', rule: 'rest' });
    expect(policy.ruleNames).toEqual(['rule-0', 'rule-1', 'rule-2', 'rest', 'default']);
  });

  test('what no rule matches is kept, though the apiserver would not log it', () => {
    expect(policyOf('{level: None, verbs: [list]}').decide(event())).toMatchObject({
      action: 'keep',
      rule: 'default',
    });
  });

  test('a stage omitted by the matching rule or by the policy is dropped under the name of the rule', () => {
    const policy = parsePolicy(
      `${header}omitStages: [RequestReceived]\nrules:\n  - {level: Metadata, name: gets, verbs: [get], omitStages: [ResponseStarted]}\n`,
    );
    const decision = (stage: string, verb = 'get') => policy.decide(event({ stage, verb }));
    expect(decision('RequestReceived')).toMatchObject({ action: 'drop', rule: 'gets' });
    expect(decision('ResponseStarted')).toMatchObject({ action: 'drop', rule: 'gets' });
    expect(decision('ResponseComplete')).toMatchObject({ action: 'metadata', rule: 'gets' });
    expect(decision('RequestReceived', 'list')).toMatchObject({ action: 'drop', rule: 'default' });
    expect(decision('ResponseStarted', 'list')).toMatchObject({ action: 'keep', rule: 'default' });
    expect(policy.droppingRules).toEqual(['gets', 'default']);
  });

  test('the rules that can drop are those of level None and those that omit a stage', () => {
    const policy = policyOf(
      '{level: None, verbs: [list]}',
      '{level: Metadata, verbs: [get]}',
      '{level: Request, omitStages: [Panic]}',
    );
    expect(policy.droppingRules).toEqual(['rule-0', 'rule-2']);
  });

  test('a path is compared without its query and with its escapes decoded', () => {
    const policy = policyOf('{level: Metadata, nonResourceURLs: [/healthz*, /a b]}');
    const action = (requestURI: string) => policy.decide(event({ requestURI, objectRef: undefined })).action;
    expect(action('/healthz?verbose')).toBe('metadata');
    expect(action('/%68ealthz/etcd')).toBe('metadata');
    expect(action('/a%20b')).toBe('metadata');
    expect(action('/version?x=/healthz')).toBe('keep');
    expect(action('/healthz/%ff')).toBe('keep');
  });

  test.each([
    ['stages: [Panic]', { stage: 'Panic' }, { stage: 'ResponseComplete' }],
    ['codes: [401]', { responseStatus: { code: 401 } }, { responseStatus: { code: 403 } }],
    ['codes: [4xx, 5xx]', { responseStatus: { code: 422 } }, { responseStatus: { code: 399 } }],
    ['codes: [none]', { responseStatus: undefined }, { responseStatus: { code: 200 } }],
    ['codes: [none, 2xx]', { responseStatus: { metadata: {} } }, { responseStatus: { code: '200' } }],
    ['resources: [{group: "*", resources: [pods]}]', {}, { objectRef: { apiGroup: 'x', resource: 'nodes' } }],
    [
      'users: [alice], userAgents: [kubectl/*]',
      { userAgent: 'kubectl/v1.35.4' },
      { userAgent: 'Kubectl/v1.35.4' },
    ],
    ['users: [alice], userAgents: [curl/8]', { userAgent: 'curl/8' }, { userAgent: 'curl/8.1' }],
    ['users: [alice], userAgents: [curl/8]', { userAgent: 'curl/8' }, { userAgent: undefined }],
    ['sourceNetworks: [10.0.0.0/8]', { sourceIPs: ['10.9.8.7'] }, { sourceIPs: ['11.0.0.1'] }],
    [
      'sourceNetworks: [10.0.0.0/8]',
      { sourceIPs: ['8.8.8.8', '10.0.0.1'] },
      { sourceIPs: ['10.0.0.1', '8.8.8.8'] },
    ],
    ['sourceNetworks: [10.0.0.0/8]', { sourceIPs: ['::ffff:10.0.0.1'] }, { sourceIPs: ['::ffff:11.0.0.1'] }],
    ['sourceNetworks: ["fd00::/8", "::1"]', { sourceIPs: ['::1'] }, { sourceIPs: ['::2'] }],
    ['sourceNetworks: ["fd00::/8"]', { sourceIPs: ['fd12:0::9'] }, { sourceIPs: ['fe80::1%eth0'] }],
    ['sourceNetworks: [0.0.0.0/0]', { sourceIPs: ['1.2.3.4'] }, { sourceIPs: [] }],
    ['sourceNetworks: [0.0.0.0/0]', { sourceIPs: ['1.2.3.4'] }, { sourceIPs: ['a:80'] }],
    ['sourceNetworks: [1.2.3.4]', { sourceIPs: ['1.2.3.4:80'] }, { sourceIPs: ['1.2.3.5:80'] }],
    [
      'sourceNetworks: ["2001:db8::/32"]',
      { sourceIPs: ['[2001:db8::1]:443'] },
      { sourceIPs: ['192.0.2.10', ''] },
    ],
    ['sourceNetworks: ["fe80::/10"]', { sourceIPs: ['fe80::1%eth0'] }, { sourceIPs: ['fd00::1%eth0'] }],
    ['sourceNetworks: [0.0.0.0/0]', { sourceIPs: ['1.2.3.4'] }, { sourceIPs: '1.2.3.4' }],
    ['codes: [4xx]', { responseStatus: { status: 'Failure' } }, { responseStatus: { status: 'Success' } }],
    ['codes: [5xx]', { responseStatus: { status: 'Failure', code: 0 } }, { responseStatus: { code: 0 } }],
    ['codes: [none]', { responseStatus: { code: 0 } }, { responseStatus: { status: 'Failure' } }],
    ['outcomes: [failure]', { responseStatus: { code: 403 } }, { responseStatus: { code: 302 } }],
    ['outcomes: [failure]', { stage: 'Panic' }, { responseStatus: undefined }],
    ['outcomes: [failure]', { responseStatus: { status: 'Failure', message: 'context canceled' } }, {}],
    ['outcomes: [failure]', { annotations: { 'authorization.k8s.io/decision': 'forbid' } }, {}],
    ['outcomes: [success]', { responseStatus: { code: 302 } }, { responseStatus: { code: 0 } }],
    ['outcomes: [unknown]', { responseStatus: undefined }, { responseStatus: { code: 200 } }],
    ['when: event.verb == "list"', { verb: 'list' }, {}],
    ['when: event.user.username.startsWith("al")', {}, { user: {} }],
    ['when: \'!("dev" in event.user.groups)\'', { user: {} }, {}],
    [
      `when: 'event.annotations[?"authentication.openshift.io/decision"].orValue("") == "deny"'`,
      { annotations: { 'authentication.openshift.io/decision': 'deny' } },
      { annotations: undefined },
    ],
    ['impersonated: true', { impersonatedUser: { username: 'bob' } }, {}],
    ['impersonated: false', {}, { impersonatedUser: { username: 'bob' } }],
  ])('the extension %s takes what it names and nothing else', (condition, matching, other) => {
    const policy = policyOf(`{level: Metadata, ${condition}}`);
    expect(policy.decide(event(matching)).action).toBe('metadata');
    expect(policy.decide(event(other)).action).toBe('keep');
  });

  test('a rule that drops never takes an impersonated request, unless it says so', () => {
    const request = event({ impersonatedUser: { username: 'system:kube-scheduler' } });
    expect(policyOf('{level: None, users: [alice]}').decide(request).action).toBe('keep');
    expect(policyOf('{level: None, users: [alice], impersonated: true}').decide(request).action).toBe('drop');
    expect(
      policyOf('{level: None, users: [system:kube-scheduler], impersonated: true}').decide(request).action,
    ).toBe('keep');
  });
});

describe('a condition about a body', () => {
  const bytes = Buffer.from('{"requestObject":{"spec":{"hostPID":true}}}');
  const privileged = '{level: Request, users: [alice], when: event.requestObject.spec.hostPID == true}';
  const whole = '{level: RequestResponse, name: whole, when: event.requestObject.spec.hostPID == true}';

  test.each([
    ['holds for what it names', privileged, bodiesIn(bytes), 'rule-0'],
    ['does not hold for a body that is not there', privileged, () => undefined, 'default'],
    ['nor for one without what it asks for', privileged, () => celValue({ spec: {} }), 'default'],
    ['nor, of a rule that cuts, for one that is not known', privileged, undefined, 'default'],
    ['but does, of a rule that keeps, for one that is not known', whole, undefined, 'whole'],
  ])('%s', (_, rule, bodies, name) => {
    expect(policyOf(rule).decide(event(), bodies).rule).toBe(name);
  });
});

describe('reads', () => {
  test('each rule says which members of an event it reads', () => {
    const { reads } = policyOf(
      '{level: Metadata, name: a, users: [alice], verbs: [get], codes: [200]}',
      '{level: None, name: b, own: true}',
      '{level: Request, name: c, users: [x], when: "event.requestObject.spec.hostPID == true"}',
    );
    expect(Object.fromEntries(reads)).toEqual({
      a: ['event.responseStatus', 'event.user.username', 'event.verb'],
      b: [
        'event',
        'event.impersonatedUser',
        'event.objectRef',
        'event.user.groups',
        'event.user.username',
        'event.verb',
      ],
      c: ['event.requestObject.spec.hostPID', 'event.user.username'],
    });
  });
});

describe('explaining', () => {
  const policy = policyOf(
    '{level: None, name: a, users: [bob], verbs: [get]}',
    '{level: Metadata, name: b, verbs: [get], resources: [{resources: [secrets]}]}',
    '{level: Metadata, name: c, namespaces: [kube-system]}',
    '{level: Metadata, name: d, nonResourceURLs: ["*"]}',
    '{level: Metadata, name: e, when: event.verb == "list"}',
    '{level: Request, name: f, verbs: [get]}',
    '{level: None, name: g}',
  );

  test('tells of each rule before the one that decided which condition did not hold', () => {
    const { decision, before } = policy.explain(event());
    expect(decision).toEqual(policy.decide(event()));
    expect(decision.rule).toBe('f');
    expect(before).toEqual([
      { rule: 'a', condition: 'users', reads: ['event.user.username'] },
      { rule: 'b', condition: 'resources', reads: ['event.objectRef'] },
      { rule: 'c', condition: 'namespaces', reads: ['event.objectRef'] },
      { rule: 'd', condition: 'nonResourceURLs', reads: ['event.requestURI', 'event.objectRef'] },
      { rule: 'e', condition: 'when', reads: ['event.verb'] },
    ]);
  });

  test('tells of all rules where none matched, and of what hides nothing by odd types', () => {
    const { decision, before } = policy.explain(event({ verb: ['get'], user: { username: 'bob' } }));
    expect(decision.rule).toBe('default');
    expect(before.map(({ condition }) => condition)).toEqual([
      'well-formed',
      'verbs',
      'namespaces',
      'nonResourceURLs',
      'when',
      'verbs',
      'well-formed',
    ]);
  });
});

const omittingOf = (policy: string, rule: string) =>
  parsePolicy(`${header}${policy}rules: [{level: Request${rule}}]`).decide(event()).omitManagedFields;

describe('omitManagedFields', () => {
  test("is the rule's, else the policy's, as in the apiserver", () => {
    expect(omittingOf('', '')).toBe(false);
    expect(omittingOf('omitManagedFields: true\n', '')).toBe(true);
    expect(omittingOf('omitManagedFields: true\n', ', omitManagedFields: false')).toBe(false);
    expect(omittingOf('', ', omitManagedFields: true')).toBe(true);
  });

  test("is the policy's for what no rule matches", () => {
    const policy = parsePolicy(`${header}omitManagedFields: true\nrules: [{level: None, verbs: [list]}]`);
    expect(policy.decide(event())).toEqual({ action: 'keep', rule: 'default', omitManagedFields: true });
  });
});

describe('sample', () => {
  const policy = policyOf('{level: Metadata, name: reads, verbs: [get], sample: 0.1}', '{level: Request}');
  const times = Array.from(
    { length: 4000 },
    (_, i) => `2026-11-23T01:06:${String(10 + (i % 50))}.${String(100_000 + i * 7)}Z`,
  );
  const received = (requestReceivedTimestamp: unknown, changes: object = {}) =>
    policy.decide(event({ requestReceivedTimestamp, ...changes }));

  test('keeps that share, and counts the rest under the rule with its rate', () => {
    const decisions = times.map((time) => received(time));
    const kept = decisions.filter(({ action }) => action === 'metadata');
    expect(kept.length / times.length).toBeGreaterThan(0.08);
    expect(kept.length / times.length).toBeLessThan(0.12);
    expect(new Set(kept.map(({ rule }) => rule))).toEqual(new Set(['reads']));
    const rest = decisions.filter(({ action }) => action !== 'metadata');
    expect(new Set(rest.map(({ action, rule }) => `${action} ${rule}`))).toEqual(
      new Set(['drop reads.sample-0.1']),
    );
    expect(policy.droppingRules).toEqual(['reads.sample-0.1']);
    expect(policy.ruleNames).toEqual(['reads', 'reads.sample-0.1', 'rule-1', 'default']);
  });

  test('keeps all stages of a request or none, and no choice of the client changes which', () => {
    for (const time of times.slice(0, 300)) {
      const { action } = received(time);
      for (const stage of ['RequestReceived', 'ResponseStarted', 'ResponseComplete'])
        for (const auditID of ['a', 'b']) {
          const changes = { stage, auditID, userAgent: auditID, requestURI: `/${auditID}` };
          expect(received(time, changes).action).toBe(action);
        }
    }
  });

  test('drops nothing without the time, of odd types, or in the name of another', () => {
    const dropped = times.find((time) => received(time).action === 'drop')!;
    for (const time of [undefined, null, 1, [dropped]]) expect(received(time).rule).toBe('reads');
    for (const changes of [{ userAgent: {} }, { sourceIPs: [1] }, { impersonatedUser: { username: 'bob' } }])
      expect(received(dropped, changes)).toMatchObject({ action: 'request', rule: 'rule-1' });
  });
});

describe('own: true', () => {
  const policy = policyOf('{level: None, own: true}');
  const node = { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
  const lease = {
    apiGroup: 'coordination.k8s.io',
    resource: 'leases',
    namespace: 'kube-node-lease',
    name: 'n1',
  };
  const csiNode = { apiGroup: 'storage.k8s.io', resource: 'csinodes', name: 'n1' };
  const itself = { resource: 'nodes', name: 'n1' };
  const action = (objectRef: object | undefined, changes: object = {}) =>
    policy.decide(event({ user: node, objectRef, verb: 'patch', ...changes })).action;

  test.each([[itself], [{ ...itself, subresource: 'status' }], [lease], [csiNode]])(
    'takes %j',
    (objectRef) => {
      for (const verb of ['get', 'list', 'watch', 'update', 'patch', 'delete'])
        expect(action(objectRef, { verb })).toBe('drop');
    },
  );

  test.each([
    [undefined],
    [{}],
    [{ resource: 'nodes' }],
    [{ ...itself, name: 'n2' }],
    [{ ...itself, name: 'N1' }],
    [{ ...itself, name: 'system:node:n1' }],
    [{ ...itself, apiGroup: 'metrics.k8s.io' }],
    [{ ...itself, namespace: 'lab' }],
    [{ ...lease, name: 'n2' }],
    [{ ...lease, namespace: 'kube-system' }],
    [{ ...lease, apiGroup: 'lab.example' }],
    [{ ...csiNode, name: 'n2' }],
    [{ resource: 'pods', namespace: 'lab', name: 'n1' }],
    [{ resource: 'events', namespace: 'lab', name: 'n1' }],
    [{ resource: 'secrets', namespace: 'lab', name: 'n1' }],
  ])('takes not %j, which is not its own', (objectRef) => expect(action(objectRef)).toBe('keep'));

  test.each(['create', 'deletecollection', 'post', '', undefined])(
    'takes not the verb %j, whose object the client names in the body',
    (verb) => {
      for (const objectRef of [itself, lease, csiNode]) expect(action(objectRef, { verb })).toBe('keep');
    },
  );

  test.each([
    ['the group alone', { username: 'n1', groups: ['system:nodes'] }],
    ['a person in the group', { username: 'mallory', groups: ['system:nodes'] }],
    ['the name alone', { username: 'system:node:n1', groups: ['system:authenticated'] }],
    ['the name without groups', { username: 'system:node:n1' }],
    ['a group as text', { username: 'system:node:n1', groups: 'system:nodes' }],
    ['a node without a name', { username: 'system:node:', groups: ['system:nodes'] }],
    ['a group in odd company', { username: 'system:node:n1', groups: ['system:nodes', 1] }],
    ['nobody', {}],
  ])('takes not %s for a node', (_, user) => {
    for (const name of ['n1', '', undefined]) expect(action({ ...itself, name }, { user })).toBe('keep');
  });

  test('judges the one who was authenticated, not whom he impersonates', () => {
    const impersonating = policyOf('{level: Metadata, own: true}');
    const by = (user: object, impersonatedUser: object) =>
      impersonating.decide(event({ user, impersonatedUser, objectRef: itself })).action;
    expect(by({ username: 'mallory', groups: [] }, node)).toBe('keep');
    expect(by(node, { username: 'mallory', groups: [] })).toBe('metadata');
  });
});

describe('hostile events', () => {
  const values = [
    null,
    true,
    0,
    1e308,
    '',
    'x',
    [],
    [[]],
    ['get', 1],
    {},
    { username: {} },
    { code: '200' },
    { groups: 'dev' },
    { groups: { 0: 'dev' } },
  ];
  const fields = [
    'verb',
    'user',
    'stage',
    'requestURI',
    'objectRef',
    'responseStatus',
    'impersonatedUser',
    'annotations',
    'sourceIPs',
    'level',
  ];

  test.each(fields)('whatever %s holds, nothing is thrown', (field) => {
    const policy = policyOf(
      '{level: None, users: [nobody], verbs: [get], resources: [{resources: [pods]}], namespaces: [lab], codes: [2xx]}',
    );
    for (const value of values) expect(policy.decide(event({ [field]: value })).rule).toBe('default');
  });

  test.each([
    ['verb', { verb: { get: true } }],
    ['verb', { verb: ['get'] }],
    ['verb', { verb: undefined }],
    ['stage', { stage: 1 }],
    ['requestURI', { requestURI: null }],
    ['user', { user: undefined }],
    ['user', { user: 'alice' }],
    ['user.username', { user: { username: ['alice'], groups: [] } }],
    ['user.groups', { user: { username: 'alice', groups: 'system:nodes' } }],
    ['user.groups', { user: { username: 'alice', groups: ['dev', 1] } }],
    ['objectRef', { objectRef: null }],
    ['objectRef', { objectRef: 'pods' }],
    ['objectRef.resource', { objectRef: { resource: ['pods'] } }],
    ['objectRef.name', { objectRef: { resource: 'pods', name: null } }],
    ['responseStatus', { responseStatus: [] }],
    ['responseStatus.code', { responseStatus: { code: '200' } }],
  ])('an event with an odd %s is not dropped, even by a rule that drops everything: %j', (_, changes) => {
    const policy = policyOf('{level: None}');
    expect(policy.decide(event()).action).toBe('drop');
    expect(policy.decide(event(changes))).toMatchObject({ action: 'keep', rule: 'default' });
    const omitting = parsePolicy(
      `${header}omitStages: [ResponseComplete]\nrules: [{level: RequestResponse, verbs: [get]}]`,
    );
    expect(omitting.decide(event()).action).toBe('drop');
    expect(omitting.decide(event(changes)).action).toBe('keep');
  });

  test('a request without an authenticated user matches no rule about users or groups', () => {
    for (const user of [{}, { groups: ['x'] }, { username: '' }]) {
      expect(policyOf('{level: Metadata, users: [alice]}').decide(event({ user })).action).toBe('keep');
      expect(policyOf('{level: Metadata, userGroups: [dev]}').decide(event({ user })).action).toBe('keep');
    }
  });
});

describe('validating', () => {
  test.each([
    ['rules[0].verb', '{level: None, verb: [get]}', 'unknown: "verb"; allowed are level, '],
    ['rules[0].level', '{level: none}', '"None"'],
    ['rules[0].users', '{level: None, users: alice}', 'array'],
    ['rules[0].users', '{level: None, users: }', 'array'],
    ['rules[0].resources[0].group', '{level: None, resources: [{group: apps/v1}]}', 'without a version'],
    ['rules[0].nonResourceURLs[0]', '{level: None, nonResourceURLs: [healthz]}', 'begins with /'],
    ['rules[0].nonResourceURLs', '{level: None, nonResourceURLs: [/x], namespaces: [a]}', 'both'],
    ['rules[0].codes[1]', '{level: None, codes: [401, 4x]}', '"4xx"'],
    ['rules[0].name', '{level: None, name: default}', '"default"'],
    ['rules[0].name', '{level: None, name: "a b"}', '63'],
    ['rules[0].omitManagedFields', '{level: None, omitManagedFields: 1}', 'boolean'],
    ['rules[0].resources[0].group', '{level: None, resources: [{group: "*.k8s.io"}]}', '"*" every group'],
    ['rules[0].userAgents', '{level: None, userAgents: [curl*]}', 'users, userGroups or own'],
    ['rules[0].userAgents', '{level: Metadata, verbs: [get], userAgents: [curl*]}', 'users'],
    ['rules[0].userAgents', '{level: RequestResponse, sample: 0.5, userAgents: [curl*]}', 'users'],
    ['rules[0].userAgents', '{level: RequestResponse, omitStages: [Panic], userAgents: [c]}', 'users'],
    ['rules[0].userAgents[0]', '{level: RequestResponse, userAgents: ["*"]}', 'last character'],
    ['rules[0].userAgents[0]', '{level: RequestResponse, userAgents: ["a*b"]}', 'last character'],
    ['rules[0].sourceNetworks[1]', '{level: None, sourceNetworks: [10.0.0.1, 10.0.0.0/33]}', '10.0.0.0/8'],
    ['rules[0].sourceNetworks[0]', '{level: None, sourceNetworks: [fe80::1%eth0]}', '10.0.0.0/8'],
    ['rules[0].sourceNetworks[0]', '{level: None, sourceNetworks: [example.com]}', '10.0.0.0/8'],
    ['rules[0].sample', '{level: Metadata, sample: 1}', '0.9999'],
    ['rules[0].sample', '{level: Metadata, sample: 0}', '0.0001'],
    ['rules[0].sample', '{level: None, sample: 0.5}', 'level None keeps nothing'],
    ['rules[0].name', `{level: Metadata, sample: 0.5, name: ${'x'.repeat(60)}}`, '.sample-0.5'],
    ['rules[0].own', '{level: None, own: false}', 'true'],
    ['rules[0].outcomes[0]', '{level: None, outcomes: [denied]}', '"failure"'],
    ['rules[0].name', '{level: None, name: managed-fields}', 'omitManagedFields cut something'],
    ['rules[0].omitManagedFields', '{level: Request, omitManagedFields: 1}', 'boolean'],
    ['rules[0].when', '{level: Request, when: event.verb}', 'must be true or false'],
    [
      'rules[0].when',
      '{level: Request, when: event.vreb == "get"}',
      'event has no member vreb; it has level',
    ],
    ['rules[0].when', '{level: None, when: event.userAgent == "x"}', 'chooses event.userAgent'],
    [
      'rules[0].when',
      '{level: Metadata, when: has(event.requestObject.spec)}',
      'chooses event.requestObject.spec',
    ],
    ['rules[0].omitStages[0]', '{level: None, omitStages: [Received]}', '"RequestReceived"'],
  ])('names %s and what is allowed', (path, rule, hint) => {
    const problem = problemOf(`${header}rules:\n  - ${rule}\n`);
    expect(problem.code).toBe('invalid');
    expect(problem.message).toContain(path.startsWith('rules[0].verb') ? 'rules[0]' : `${path}:`);
    expect(problem.message).toContain(hint);
  });

  test('shows by a caret what of a condition is wrong', () => {
    const yaml = `${header}rules:
  - level: Metadata
  - level: None
    when: event.user.name == "alice"
`;
    expect(problemOf(yaml).message).toContain(
      `line 6: rules[1].when: event.user has no member name; it has username, uid, groups, extra
    
    >    1 | event.user.name == "alice"
                        ^`,
    );
  });

  test('names the line, the key and what is allowed, also behind an anchor', () => {
    const yaml = `${header}rules:
  - level: Metadata
    resources: &those
      - { group: '' }
  - level: None
    verbs: [get]
    user: [alice]
  - level: None
    resources: *those
    codes: [none,
      4x]
omitStage: []
`;
    expect(problemOf(yaml).message.split('\n')).toEqual([
      'The policy is not valid:',
      expect.stringMatching(
        /^ {2}line 9: rules\[1\]: unknown: "user"; allowed are level, users, userGroups, /,
      ),
      expect.stringMatching(/^ {2}line 13: rules\[2\]\.codes\[1\]: a status code/),
      expect.stringMatching(/^ {2}line 14: policy: unknown: "omitStage"; allowed are apiVersion, kind, /),
    ]);
  });

  test('takes a policy of the apiserver as it is', () => {
    const policy = parsePolicy(
      `${header}omitManagedFields: true\nrules: [{level: Metadata, omitManagedFields: false}]`,
    );
    expect(policy.decide(event()).action).toBe('metadata');
    expect(policyOf('{level: RequestResponse, name: seen, userAgents: [curl*]}').ruleNames).toContain('seen');
  });

  test.each([
    ['no rules', `${header}rules: []`, 'at least one rule'],
    ['an unknown key', `${header}rule: []\nrules: [{level: None}]`, '"rule"'],
    [
      'another version',
      'apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: None}]',
      'apiVersion',
    ],
    ['nothing', '', 'policy:'],
    [
      'two rules of one name',
      `${header}rules: [{level: None, name: a}, {level: None, name: a}]`,
      'rules[1].name',
    ],
    [
      'a name that another rule has by its place',
      `${header}rules: [{level: None, name: rule-1}, {level: None}]`,
      'rules[1].name',
    ],
  ])('refuses %s', (_, yaml, hint) => {
    expect(problemOf(yaml).message).toContain(hint);
  });

  test.each([
    ['a key twice', `${header}rules: [{level: None, level: Metadata}]`],
    ['two documents', `${header}rules: [{level: None}]\n---\n${header}rules: [{level: None}]`],
    ['no YAML', `${header}rules: [`],
    ['an alias to nothing', `${header}rules: [{level: *x}]`],
  ])('refuses %s as YAML', (_, yaml) => {
    expect(problemOf(yaml).code).toBe('not-yaml');
  });
});
