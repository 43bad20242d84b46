import { describe, expect, test } from 'vitest';
import { isFields, outcomeOf } from '../../../agent/event/index.ts';
import type { AuditEvent, Fields } from '../../../agent/event/index.ts';
import { defaultPolicy } from '../../../agent/policy/index.ts';
import { idleCluster, shares } from '../../kit/idle-cluster.ts';

const events = idleCluster();
const drops = (one: AuditEvent) => defaultPolicy().decide(one).action === 'drop';
const dropped = events.filter((one) => drops(one));
const part = (value: unknown): Fields => (isFields(value) ? value : {});
const resource = (one: AuditEvent) => part(one.objectRef)['resource'];
const user = (one: AuditEvent) => String(part(one.user)['username']);

describe('of an idle cluster of three nodes the default policy', () => {
  test('drops at least 60 % of the events, with RequestReceived set aside, though leases are less than a quarter', () => {
    expect(events).toHaveLength(1000);
    const leases = events.filter((one) => resource(one) === 'leases');
    expect(leases.length / events.length).toBeLessThanOrEqual(0.25);
    expect(dropped.length / events.length).toBeGreaterThanOrEqual(0.6);
    // More by what is no lease than by leases.
    expect(dropped.filter((one) => resource(one) !== 'leases').length).toBeGreaterThan(leases.length);
  });

  test('drops the same of what has no outcome yet, and nothing of what fails', () => {
    for (const one of dropped) {
      expect(drops({ ...one, stage: 'RequestReceived', responseStatus: undefined })).toBe(true);
      expect(drops({ ...one, responseStatus: { code: 403 } })).toBe(false);
      expect(drops({ ...one, annotations: { 'authorization.k8s.io/decision': 'forbid' } })).toBe(false);
    }
  });

  test.each<[string, (one: AuditEvent) => boolean, number]>([
    [
      'a write by a person',
      (one) => !user(one).startsWith('system:') && one.verb !== 'list' && one.verb !== 'get',
      3,
    ],
    ['a denied or failed request', (one) => outcomeOf(one) === 'failure', 2],
    [
      'a secret or a token',
      (one) => resource(one) === 'secrets' || part(one.objectRef)['subresource'] === 'token',
      20,
    ],
    ['a deletion of Events', (one) => resource(one) === 'events' && String(one.verb).startsWith('delete'), 1],
    ['a request of a workload', (one) => user(one).startsWith('system:serviceaccount:ingress:'), 100],
    [
      'what a node reads beyond itself',
      (one) => one.verb === 'watch' && user(one).startsWith('system:node:'),
      50,
    ],
  ])('keeps %s', (_, isEvidence, least) => {
    expect(events.filter((one) => isEvidence(one)).length).toBeGreaterThanOrEqual(least);
    expect(dropped.filter((one) => isEvidence(one))).toEqual([]);
  });

  test('drops by every rule that drops but those of clouds', () => {
    const rules = new Set(dropped.map((one) => defaultPolicy().decide(one).rule));
    const left = defaultPolicy().droppingRules.filter((rule) => !rules.has(rule));
    expect(left).toEqual(['cloud-controller-manager-lease']);
  });
});

test('the shares are of a thousand', () => {
  expect(shares.reduce((sum, [share]) => sum + share, 0)).toBe(1000);
});
