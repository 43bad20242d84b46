import { expect, test } from 'vitest';
import type { Event } from '../../agent/who/event.ts';
import { RequestTally } from '../../agent/who/requests.ts';

/** A `get` of a Secret, as it was answered; one client gives all his requests one ID. */
function event(more: Partial<Event>): Event {
  return {
    documentId: 'document',
    eventId: 'event',
    request: 'chosen',
    time: '2026-11-23T00:00:00.000Z',
    user: 'mallory',
    effectiveUser: null,
    verb: 'get',
    resource: 'secrets',
    apiGroup: null,
    namespace: 'prod',
    name: null,
    path: null,
    outcome: 'success',
    isDenied: false,
    code: 200,
    address: null,
    stage: 'ResponseComplete',
    ...more,
  };
}

const arrival = (more: Partial<Event>) =>
  event({ outcome: null, code: null, stage: 'RequestReceived', ...more });

test('of forty thousand different requests under one Audit-ID each is told, once', () => {
  const tally = new RequestTally();
  const names = Array.from({ length: 40_000 }, (_, i) => `secret-${i}`);
  for (const name of names) tally.add(arrival({ name }));
  for (const name of names.slice(1)) tally.add(event({ name }));
  const told = tally.take();
  expect(told).toHaveLength(names.length);
  expect(new Set(told.map((each) => each.event.name))).toEqual(new Set(names));
  expect(told.every(({ count }) => count === 1)).toBe(true);
  expect(told.filter(({ result }) => result === 'unknown').map((each) => each.event.name)).toEqual([
    'secret-0',
  ]);
});

test('arrivals that say less are those of answers that say more, as many as there are', () => {
  const tally = new RequestTally();
  for (let i = 0; i < 4; i += 1) tally.add(arrival({ verb: 'create', time: '2026-11-22T00:00:00.000Z' }));
  tally.add(arrival({ verb: 'create', name: 'b' }));
  for (const [name, effectiveUser] of [
    ['a', null],
    ['a', 'root'],
    ['b', 'root'],
  ] as const)
    tally.add(event({ verb: 'create', name, effectiveUser }));
  const told = tally
    .take()
    .map((each) => [each.event.name, each.event.effectiveUser, each.count, each.result]);
  expect(told).toEqual([
    ['a', null, 1, 'ok'],
    ['a', 'root', 1, 'ok'],
    ['b', 'root', 1, 'ok'],
    [null, null, 2, 'unknown'],
  ]);
});

test('what one Audit-ID takes of memory is bounded, and the next one starts from nothing', () => {
  const tally = new RequestTally();
  const fill = () => {
    for (let i = 0; i < 100_000; i += 1) tally.add(event({ name: `secret-${i}` }));
  };
  fill();
  tally.add(event({ name: 'secret-0' }));
  expect(tally.take()).toHaveLength(100_000);
  fill();
  expect(() => tally.add(event({ name: 'one more' }))).toThrow(/more than 100000 .* Audit-ID "chosen"/u);
});
