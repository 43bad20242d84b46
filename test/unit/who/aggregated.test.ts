import { expect, test } from 'vitest';
import type { Event } from '../../../agent/who/event.ts';
import { RequestTally } from '../../../agent/who/requests.ts';

/** As the kube-apiserver logs it: 100 ms long. */
function outer(more: Partial<Event> = {}): Event {
  return {
    documentId: 'document',
    eventId: 'event',
    request: 'chosen',
    time: '2026-11-30T11:00:40.100Z',
    received: '2026-11-30T11:00:40.000Z',
    source: 'prod/kube-apiserver',
    user: 'alice',
    effectiveUser: null,
    verb: 'create',
    resource: 'projectrequests',
    apiGroup: 'project.openshift.io',
    namespace: null,
    name: 'shop2',
    path: null,
    container: null,
    command: null,
    userAgent: null,
    grant: null,
    credential: null,
    outcome: 'success',
    isDenied: false,
    code: 201,
    address: '198.51.100.20',
    stage: 'ResponseComplete',
    ...more,
  };
}

/** As the apiserver logs it to which it was passed on. */
function inner(more: Partial<Event> = {}): Event {
  return outer({
    time: '2026-11-30T11:00:40.090Z',
    received: '2026-11-30T11:00:40.010Z',
    source: 'prod/openshift-apiserver',
    address: '10.128.0.5',
    ...more,
  });
}

/** How many requests events are, and from which addresses. */
function told(...events: Event[]): { requests: number; addresses: string[]; aggregated: number } {
  const tally = new RequestTally();
  for (const each of events) tally.add(each);
  const found = tally.take();
  return {
    requests: found.reduce((sum, { count }) => sum + count, 0),
    addresses: [...new Set(found.flatMap((each) => [...each.addresses]))].toSorted(),
    aggregated: tally.aggregated,
  };
}

test('a request that two apiservers have logged is one, from the address of its client', () => {
  const one = { requests: 1, addresses: ['198.51.100.20'], aggregated: 1 };
  expect(told(inner(), outer())).toEqual(one);
  expect(told(outer(), inner())).toEqual(one);
  const arrival = { stage: 'RequestReceived', outcome: null, code: null, name: null };
  const [first, second] = ['2026-11-30T11:00:40.000Z', '2026-11-30T11:00:40.010Z'];
  expect(
    told(outer({ ...arrival, time: first }), inner({ ...arrival, time: second }), inner(), outer()),
    'with all stages of both',
  ).toEqual(one);
});

test('whom the outer one impersonates is who asks the inner one', () => {
  expect(told(outer({ effectiveUser: 'bob' }), inner({ user: 'bob' })).requests).toBe(1);
});

test.each<[string, Event[], number]>([
  ['two of the same source', [outer(), outer({ documentId: 'other', time: '2026-11-30T11:00:40.090Z' })], 2],
  ['the same source on two nodes', [outer(), inner({ source: 'prod/kube-apiserver' })], 2],
  ['two clusters', [outer(), inner({ source: 'test/openshift-apiserver' })], 2],
  ['two of one source, one of another', [outer(), inner(), inner({ documentId: 'other' })], 3],
  [
    'one after the other',
    [outer(), inner({ received: '2026-11-30T11:00:40.101Z', time: '2026-11-30T11:00:40.200Z' })],
    2,
  ],
  ['one that ends later', [outer(), inner({ time: '2026-11-30T11:00:40.101Z' })], 2],
  ['another user', [outer(), inner({ user: 'mallory' })], 2],
  ['another verb', [outer(), inner({ verb: 'delete' })], 2],
  ['another object', [outer(), inner({ name: 'shop3' })], 2],
  ['another end', [outer({ code: 403, isDenied: true, outcome: 'failure' }), inner()], 2],
  ['one without a time of receipt', [outer(), inner({ received: null })], 2],
  ['one of which only the beginning is known', [outer(), inner({ stage: 'ResponseStarted' })], 2],
  ['nobody and nobody', [outer({ user: null }), inner({ user: null })], 2],
])('are not joined, since a client chooses its Audit-ID: %s', (_, events, requests) => {
  expect(told(...events)).toMatchObject({ requests, aggregated: 0 });
});
