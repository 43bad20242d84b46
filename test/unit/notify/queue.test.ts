import { expect, test } from 'vitest';
import type { Message } from '../../../agent/notify/message.ts';
import { Queue } from '../../../agent/notify/queue.ts';
import type { QueueOptions } from '../../../agent/notify/queue.ts';
import { alert } from './alerts.ts';

const at = new Date('2026-11-23T01:06:04Z');
const usual: QueueOptions = {
  groupSeconds: 300,
  perMinuteMax: 60,
  groupsItself: false,
  alertsMax: Infinity,
  rowsMax: 250,
};

/** What is told at once at a time, as long as something is. */
function toldAt(queue: Queue, now: number): Message[] {
  const messages: Message[] = [];
  for (;;) {
    const next = queue.next(now, at);
    if (next === undefined || !('message' in next)) return messages;
    queue.tried();
    queue.told(next.message, now);
    messages.push(next.message);
  }
}

test('the first of a group is told at once, what follows is told together when its time is up', () => {
  const queue = new Queue(usual);
  queue.add([alert()]);
  expect(toldAt(queue, 0)).toMatchObject([{ id: 'k1', kind: 'alert', keys: ['k1'] }]);
  queue.add([alert({ key: 'k2', count: 3 }), alert({ key: 'k3', count: 4, severity: 'critical' })]);
  expect(toldAt(queue, 1000)).toEqual([]);
  expect(queue.next(1000, at)).toEqual({ waitMilliseconds: 299_000 });
  const [message, ...more] = toldAt(queue, 300_000);
  expect(more).toEqual([]);
  expect(message).toMatchObject({
    kind: 'alert',
    keys: ['k2', 'k3'],
    alerts: [{ count: 7, severity: 'critical' }],
  });
  expect(queue.size).toBe(0);
  expect(queue.next(300_000, at)).toBeUndefined();
});

test('the same rows have the same id in any order, and others another', () => {
  const ids = [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'c'],
  ].map((keys) => {
    const queue = new Queue(usual);
    queue.add(keys.map((key) => alert({ key })));
    return toldAt(queue, 0)[0]!.id;
  });
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
});

test('more groups than the rate allows are one digest, the most urgent first, and nothing is lost', () => {
  const queue = new Queue({ ...usual, perMinuteMax: 6 });
  const rows = Array.from({ length: 40 }, (_, i) =>
    alert({ key: `k${i}`, group: `g${i}`, severity: i === 17 ? 'critical' : 'high' }),
  );
  queue.add(rows.slice(0, 3));
  const first = toldAt(queue, 0);
  expect(first.map(({ kind }) => kind)).toEqual(['alert', 'alert', 'alert']);
  queue.add(rows.slice(3));
  const [digest, ...more] = toldAt(queue, 1);
  expect(more).toEqual([]);
  expect(digest).toMatchObject({ kind: 'digest', alerts: { length: 37, 0: { key: 'k17' } } });
  expect([...first, digest!].flatMap(({ keys }) => keys).toSorted()).toEqual(
    rows.map(({ key }) => key).toSorted(),
  );
});

test('no more requests than the rate allows, whatever comes', () => {
  const queue = new Queue({ ...usual, groupSeconds: 0, perMinuteMax: 30 });
  let told = 0;
  for (let second = 0; second < 600; second += 1) {
    queue.add([0, 1, 2].map((i) => alert({ key: `${second}-${i}`, group: `${second}-${i}` })));
    told += toldAt(queue, second * 1000).length;
  }
  // Ten minutes, and what may go at once at the beginning.
  expect(told).toBeLessThanOrEqual(305);
  expect(told).toBeGreaterThan(290);
});

test('a receiver that groups by itself is told of all at once, in requests of so many', () => {
  const queue = new Queue({ ...usual, groupsItself: true, alertsMax: 10 });
  queue.add(Array.from({ length: 25 }, (_, i) => alert({ key: `k${i}`, group: `g${i}` })));
  expect(toldAt(queue, 0).map(({ alerts }) => alerts.length)).toEqual([10, 10, 5]);
  queue.add([alert({ key: 'again', group: 'g1' })]);
  expect(toldAt(queue, 1)).toHaveLength(1);
});

test('of more rows than there is room for the oldest are dropped, and counted', () => {
  const queue = new Queue({ ...usual, rowsMax: 3 });
  expect(queue.add([alert({ key: '1' }), alert({ key: '2' })])).toBe(0);
  expect(queue.add([alert({ key: '3' }), alert({ key: '4' }), alert({ key: '5' })])).toBe(2);
  expect(toldAt(queue, 0)[0]!.keys).toEqual(['3', '4', '5']);
});
