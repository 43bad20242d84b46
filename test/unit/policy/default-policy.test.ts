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
  ['request of a person or an unknown client', 1000, isPerson],
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

  test('drops a third of the rest as noise, and every kind of noise is there', () => {
    const rules = recorded.map((one) => policy.decide(one)).filter(({ action }) => action === 'drop');
    expect(rules.length / recorded.length).toBeGreaterThan(0.25);
    expect(new Set(rules.map(({ rule }) => rule))).toEqual(
      new Set([
        'node-leases',
        'component-leases',
        'node-status',
        'node-status-by-controllers',
        'events-of-nodes',
        'events-of-components',
        'component-reads',
        'node-reads',
        'node-discovery',
      ]),
    );
  });
});

describe('what is dropped', () => {
  const dropped = recorded.filter((one) => policy.decide(one).action === 'drop');
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
      {
        username: 'system:serviceaccount:lab:deployment-controller',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:lab'],
      },
    ]) {
      expect(kept({ user, userAgent: 'kube-controller-manager/v1.35.4' })).toBe(true);
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

describe('the default policy', () => {
  const controller = {
    username: 'system:serviceaccount:kube-system:deployment-controller',
    groups: ['system:serviceaccounts', 'system:authenticated'],
  };

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
