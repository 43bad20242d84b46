import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isFields, parseEvent } from '../../../agent/event/index.ts';
import type { AuditEvent, Fields } from '../../../agent/event/index.ts';
import { defaultPolicyFile, parsePolicy } from '../../../agent/policy/index.ts';
import { event, linesOf } from '../../kit/events.ts';

const policy = parsePolicy(readFileSync(defaultPolicyFile, 'utf8'));
const rotating = 'test/kit/fixtures/rotating';
const files = readdirSync(rotating).filter((name) => name.endsWith('.log'));
const recorded = ['test/kit/fixtures/samples.jsonl', ...files.map((name) => `${rotating}/${name}`)]
  .flatMap((file) => linesOf(file))
  .map((line) => parseEvent(line))
  .filter((one) => one !== undefined);

const part = (value: unknown): Fields => (isFields(value) ? value : {});
const code = (one: AuditEvent) => part(one.responseStatus)['code'] as number;
const resource = (one: AuditEvent) => part(one.objectRef)['resource'];
const name = (one: AuditEvent) => (part(one.user)['username'] ?? '') as string;
const isPerson = (one: AuditEvent) => !name(one).startsWith('system:') || name(one) === 'system:anonymous';

/** The one thing that is dropped of whoever has no name. */
const isProbe = (one: AuditEvent) =>
  name(one) === 'system:anonymous' && /^\/(?:healthz|livez|readyz)$/u.test(String(one.requestURI));

/** What must be kept, told from the raw event and not as the policy tells it; and how many the recording has at least. */
const evidence: [string, number, (one: AuditEvent) => boolean][] = [
  ['failed login', 5, (one) => code(one) === 401],
  ['denied request', 100, (one) => code(one) === 403],
  ['other failed request', 300, (one) => code(one) >= 400],
  ['access to secrets', 200, (one) => String(one.requestURI).includes('/secrets')],
  ['access to RBAC', 50, (one) => String(one.requestURI).includes('rbac.authorization.k8s.io')],
  [
    'exec, attach, port-forward or proxy',
    100,
    (one) => /\/(exec|attach|portforward|proxy)(\/|\?|$)/.test(String(one.requestURI)),
  ],
  [
    'token or certificate request',
    80,
    (one) => /\/(token|tokenreviews|certificatesigningrequests)(\/|\?|$)/.test(String(one.requestURI)),
  ],
  ['impersonated request', 8, (one) => one.impersonatedUser !== undefined],
  ['request of a person or an unknown client', 1000, (one) => isPerson(one) && !isProbe(one)],
  ['request of a workload', 100, (one) => /^system:serviceaccount:(?!kube-system:)/.test(name(one))],
];

describe('of the recorded events the default policy', () => {
  test.each(evidence)('keeps every %s', (_, least, isEvidence) => {
    const found = recorded.filter((one) => isEvidence(one));
    expect(found.length).toBeGreaterThanOrEqual(least);
    expect(found.filter((one) => policy.decide(one).action === 'drop')).toEqual([]);
  });

  test('reduces whatever is about secrets, config maps, tokens or certificate requests', () => {
    const holders = new Set(['secrets', 'configmaps', 'tokenreviews', 'certificatesigningrequests']);
    const found = recorded.filter(
      (one) => holders.has(String(resource(one))) || part(one.objectRef)['subresource'] === 'token',
    );
    expect(found.length).toBeGreaterThan(1000);
    expect(found.filter((one) => policy.decide(one).action !== 'metadata')).toEqual([]);
  });

  test('drops a fifth as noise, and every kind of noise is there', () => {
    const rules = recorded.map((one) => policy.decide(one)).filter(({ action }) => action === 'drop');
    expect(rules.length / recorded.length).toBeGreaterThan(0.19);
    expect(new Set(rules.map(({ rule }) => rule))).toEqual(
      new Set([
        'node-leases',
        'controller-manager-lease',
        'scheduler-lease',
        'apiserver-leases',
        'events-of-components',
        'component-reads',
        'component-discovery',
        'node-reads',
        'anonymous-probes',
      ]),
    );
  });
});

describe('what is dropped', () => {
  const dropped = recorded.filter((one) => policy.decide(one).action === 'drop' && !isProbe(one));
  const later = dropped.filter((one) => one.responseStatus !== undefined);
  const kept = (changes: Record<string, unknown>, from = dropped) =>
    from.every((one) => policy.decide({ ...one, ...changes }).action !== 'drop');

  test.each([400, 401, 403, 404, 409, 500, 503])('is kept where it fails with %i', (status) => {
    expect(kept({ responseStatus: { metadata: {}, code: status } }, later)).toBe(true);
  });

  test('is kept where the apiserver panics', () => {
    expect(kept({ stage: 'Panic' })).toBe(true);
  });

  test('is kept where the component acts in the name of another', () => {
    expect(kept({ impersonatedUser: { username: 'system:admin', groups: ['system:masters'] } })).toBe(true);
  });

  test('is kept of anybody else, whatever he calls his client', () => {
    for (const user of [
      {},
      { username: 'alice' },
      { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      { username: 'lab-admin', groups: ['system:masters'] },
      { username: 'mallory', groups: ['system:nodes', 'system:authenticated'] },
      { username: 'system:node:no-node-of-this-log', groups: ['system:nodes', 'system:authenticated'] },
      {
        username: 'system:serviceaccount:lab:deployment-controller',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:lab'],
      },
    ]) {
      const others = dropped.filter((one) => !isProbe({ ...one, user }));
      expect(kept({ user, userAgent: 'kube-controller-manager/v1.35.4' }, others)).toBe(true);
    }
  });

  test.each(['verb', 'stage', 'requestURI', 'user', 'objectRef', 'responseStatus'])(
    'is kept where %s is of another type',
    (field) => {
      for (const value of [null, 1, ['get'], { x: 1 }]) {
        // An object is an objectRef with nothing in it, and a status without a code.
        if (typeof value === 'object' && !Array.isArray(value) && value !== null && field.startsWith('r'))
          continue;
        if (field === 'objectRef' && isFields(value)) continue;
        expect(kept({ [field]: value })).toBe(true);
      }
    },
  );
});

const login = (decision: string) =>
  event({
    user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
    verb: 'post',
    objectRef: undefined,
    requestURI: '/login/corp-ldap',
    responseStatus: { metadata: {}, code: 302 },
    annotations: {
      'authentication.openshift.io/decision': decision,
      'authentication.openshift.io/username': 'corp-ldap:jane',
      'authorization.k8s.io/decision': 'allow',
    },
  });

describe('what failed without saying so by a code', () => {
  const noise = recorded.filter((one) => policy.decide(one).action === 'drop');

  test.each([
    [
      'a Failure without a code',
      { responseStatus: { metadata: {}, status: 'Failure', reason: 'Forbidden' } },
    ],
    ['a Failure that was cancelled', { responseStatus: { status: 'Failure', message: 'context canceled' } }],
    ['a Failure with the code 0', { responseStatus: { status: 'Failure', code: 0 } }],
    ['what an authorizer forbids', { annotations: { 'authorization.k8s.io/decision': 'forbid' } }],
  ])('is kept whoever it is of: %s', (_, changes) => {
    expect(noise.length).toBeGreaterThan(1000);
    for (const one of noise) expect(policy.decide({ ...one, ...changes }).action).not.toBe('drop');
    expect(policy.decide(event({ ...changes })).rule).toBe('failures');
  });

  test('so is a denied login of OpenShift, under the rule of failures', () => {
    expect(policy.decide(login('deny'))).toMatchObject({ action: 'keep', rule: 'failures' });
    expect(policy.decide(login('allow'))).toMatchObject({ action: 'keep', rule: 'default' });
  });
});

const leaseOf = (lease: string, namespace = 'kube-system') => ({
  objectRef: { apiGroup: 'coordination.k8s.io', resource: 'leases', namespace, name: lease },
});
const path = (requestURI: string) => ({ requestURI, objectRef: undefined });

describe('the default policy', () => {
  const controller = {
    username: 'system:serviceaccount:kube-system:deployment-controller',
    groups: ['system:serviceaccounts', 'system:authenticated'],
  };

  const anonymous = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
  const node = { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
  const endpoints = { ...controller, username: 'system:serviceaccount:kube-system:endpoint-controller' };
  const manager = { username: 'system:kube-controller-manager', groups: ['system:authenticated'] };
  const nodeStatus = { resource: 'nodes', subresource: 'status', name: 'n1' };
  test.each<[string, string, Record<string, unknown>]>([
    ['drop', 'a heartbeat', { user: node, verb: 'update', ...leaseOf('n1', 'kube-node-lease') }],
    ['keep', "another node's lease", { user: node, verb: 'update', ...leaseOf('n2', 'kube-node-lease') }],
    ['request', 'what a node says of its addresses', { user: node, verb: 'patch', objectRef: nodeStatus }],
    ['keep', 'the same by a controller', { user: manager, verb: 'patch', objectRef: nodeStatus }],
    ['drop', 'a node that looks at itself', { user: node, objectRef: { resource: 'nodes', name: 'n1' } }],
    ['keep', 'a node that looks at another', { user: node, objectRef: { resource: 'nodes', name: 'n2' } }],
    ['keep', 'a node that reads pods', { user: node, verb: 'list', objectRef: { resource: 'pods' } }],
    ['keep', 'a node that asks the apiserver for its logs', { user: node, ...path('/logs/audit.log') }],
    ['metadata', 'an Event of a node', { user: node, verb: 'create', objectRef: { resource: 'events' } }],
    ['drop', 'leader election', { user: manager, verb: 'update', ...leaseOf('kube-controller-manager') }],
    ['keep', "another component's lease", { user: manager, verb: 'update', ...leaseOf('kube-scheduler') }],
    ['keep', 'a lease as a drop box', { user: manager, verb: 'update', ...leaseOf('drop-box') }],
    ['keep', 'a lease that is created', { user: manager, verb: 'create', ...leaseOf('kube-scheduler') }],
    [
      'metadata',
      'a ConfigMap as a drop box',
      {
        user: manager,
        verb: 'update',
        objectRef: { resource: 'configmaps', namespace: 'kube-system', name: 'kube-controller-manager' },
      },
    ],
    [
      'keep',
      'a controller that reads custom resources',
      { user: controller, verb: 'list', objectRef: { apiGroup: 'argoproj.io', resource: 'applications' } },
    ],
    [
      'drop',
      'a controller that reads its own',
      { user: controller, verb: 'list', objectRef: { apiGroup: 'apps', resource: 'deployments' } },
    ],
    ['keep', 'a controller that reads memory', { user: manager, ...path('/debug/pprof/heap') }],
    ['keep', 'a controller that reads logs', { user: manager, ...path('/logs/kube-apiserver/audit.log') }],
    ['keep', 'a controller that reads metrics', { user: manager, ...path('/metrics') }],
    ['drop', 'a probe of whoever has no name', { user: anonymous, ...path('/readyz') }],
    ['keep', 'one that asks for more', { user: anonymous, ...path('/readyz?verbose') }],
    ['keep', 'one of a single check', { user: anonymous, ...path('/readyz/etcd') }],
    ['keep', 'what else he asks for', { user: anonymous, ...path('/version') }],
    ['keep', 'a probe of a person', { ...path('/readyz') }],
    ['drop', 'discovery', { user: manager, ...path('/apis/apps/v1?timeout=32s') }],
    [
      'request',
      'an endpoint, which redirects a service',
      {
        user: endpoints,
        verb: 'update',
        objectRef: { resource: 'endpoints', namespace: 'prod', name: 'db' },
      },
    ],
    [
      'keep',
      'an endpoint by who has no business with it',
      { user: manager, verb: 'update', objectRef: { resource: 'endpoints', namespace: 'prod', name: 'db' } },
    ],
    [
      'keep',
      'a deletion of Events',
      { user: controller, verb: 'deletecollection', objectRef: { resource: 'events' } },
    ],
  ])('its action is %s for %s', (action, _, changes) => {
    expect(policy.decide(event(changes)).action).toBe(action);
  });

  test.each([
    ['secrets', { objectRef: { resource: 'secrets', namespace: 'a' }, verb: 'list' }, 'metadata'],
    [
      'rights',
      { objectRef: { resource: 'clusterroles', apiGroup: 'rbac.authorization.k8s.io' }, verb: 'watch' },
      'keep',
    ],
    [
      'a pod through attach',
      { objectRef: { resource: 'pods', subresource: 'attach', name: 'x' }, verb: 'get' },
      'keep',
    ],
    [
      'a pod through port-forward',
      { objectRef: { resource: 'pods', subresource: 'portforward', name: 'x' }, verb: 'get' },
      'keep',
    ],
    [
      'a pod through exec',
      { objectRef: { resource: 'pods', subresource: 'exec', name: 'x' }, verb: 'get' },
      'keep',
    ],
    [
      'a node through its proxy',
      { objectRef: { resource: 'nodes', subresource: 'proxy', name: 'x' }, verb: 'get' },
      'keep',
    ],
    [
      'what a container printed',
      { objectRef: { resource: 'pods', subresource: 'log', name: 'x' }, verb: 'get' },
      'keep',
    ],
    ['pods', { objectRef: { resource: 'pods' }, verb: 'list' }, 'drop'],
    ['pods, to delete them', { objectRef: { resource: 'pods' }, verb: 'delete' }, 'keep'],
  ])('judges a controller that reaches for %s', (_, changes, action) => {
    for (const stage of ['RequestReceived', 'ResponseComplete']) {
      const responseStatus = stage === 'RequestReceived' ? undefined : { code: 200 };
      expect(policy.decide(event({ user: controller, stage, responseStatus, ...changes })).action).toBe(
        action,
      );
    }
  });

  test('keeps the RequestReceived of people and workloads, the last trace of what killed the apiserver', () => {
    for (const username of [
      'alice',
      'system:serviceaccount:lab:app',
      'system:serviceaccount:kube-system:dashboard',
    ]) {
      const request = event({
        user: { username, groups: ['system:authenticated'] },
        stage: 'RequestReceived',
        verb: 'list',
        responseStatus: undefined,
      });
      expect(policy.decide(request).action).toBe('keep');
    }
  });
});
