import { expect, test } from 'vitest';
import type { Event } from '../../../agent/who/event.ts';
import { Originals } from '../../../agent/who/originals.ts';
import { RequestTally } from '../../../agent/who/requests.ts';
import { requestsOf } from '../../../agent/who/reading.ts';

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
    container: null,
    command: null,
    outcome: 'success',
    isDenied: false,
    code: 200,
    address: null,
    source: null,
    received: null,
    userAgent: null,
    grant: null,
    credential: null,
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

test('what one Audit-ID takes of memory is bounded, and keeps no question from being answered', async () => {
  const names = Array.from({ length: 250_000 }, (_, i) => `secret-${i}`);
  const read = { events: 0, splits: 0, aggregated: 0 };
  async function* events() {
    for (const name of names) yield event({ name, documentId: name, eventId: name });
  }
  let told = 0;
  for await (const found of requestsOf(events(), new Originals(), read)) told += found.count;
  expect(told).toBe(names.length);
  expect(read).toEqual({ events: names.length, splits: 2, aggregated: 0 });
});

test('of one that is not full nothing is told twice', () => {
  const tally = new RequestTally();
  for (let i = 0; i < 99_999; i += 1) tally.add(event({ name: `secret-${i}` }));
  tally.add(event({ name: 'secret-0' }));
  expect(tally.isFull).toBe(false);
  tally.add(event({ name: 'one more' }));
  expect(tally.isFull).toBe(true);
  expect(tally.take()).toHaveLength(100_000);
  expect(tally.isFull).toBe(false);
});

test('one that holds long names is full by their bytes, and empty once it was taken', () => {
  const tally = new RequestTally(100_000);
  tally.add(event({ name: 'x'.repeat(8000) }));
  expect(tally.isFull).toBe(false);
  for (let i = 0; i < 10; i += 1) tally.add(event({ name: `${i}`.padEnd(8000, 'x') }));
  expect(tally.isFull).toBe(true);
  expect(tally.take()).toHaveLength(11);
  expect(tally.isFull).toBe(false);
});
