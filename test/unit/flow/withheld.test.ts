import { expect, test } from 'vitest';
import { Withheld } from '../../../agent/flow/withheld.ts';
import type { WithheldEvent } from '../../../agent/flow/withheld.ts';
import { event } from '../../kit/events.ts';

const limits = { withhold: true, minutes: 10, bytesMax: 64 * 1024 };
const minute = 60_000;
const received = (changes: Record<string, unknown> = {}) => event({ stage: 'RequestReceived', ...changes });

function entry(key: string, at = 0, left = 'x'): WithheldEvent {
  const place = { path: '/audit.log', file: 'f#0', offset: 0 };
  return { key, at, ...place, digest: '', bytes: 1, rule: 'default', redacted: [], left };
}

test('a later stage of the same request ends the wait, whatever stage it is', () => {
  for (const stage of ['ResponseStarted', 'ResponseComplete', 'Panic']) {
    const withheld = new Withheld(limits, []);
    withheld.take(entry(withheld.takes(received(), 100)!));
    withheld.see(event({ stage }));
    expect(withheld.list()).toEqual([]);
  }
});

test.each([
  ['the same stage', { stage: 'RequestReceived' }],
  ['another Audit-ID', { auditID: 'another' }],
  ['the same Audit-ID in another microsecond', { requestReceivedTimestamp: '2026-11-23T01:06:03.433600Z' }],
  ['another user', { user: { username: 'mallory' } }],
  ['another verb', { verb: 'delete' }],
  ['another URI', { requestURI: '/api/v1/pods' }],
  ['no Audit-ID', { auditID: undefined }],
])('%s does not', (_, changes) => {
  const withheld = new Withheld(limits, []);
  withheld.take(entry(withheld.takes(received(), 100)!));
  withheld.see(event(changes));
  expect(withheld.list()).toHaveLength(1);
});

test.each([
  ['a later stage', event(), 100],
  ['what has no Audit-ID', received({ auditID: undefined }), 100],
  ['what has no time of receipt', received({ requestReceivedTimestamp: 1 }), 100],
  ['what is long', received(), 100_000],
])('%s is not withheld', (_, one, bytes) => {
  expect(new Withheld(limits, []).takes(one, bytes)).toBeUndefined();
});

test('nor is a second one that says the same of itself, or anything where it is switched off', () => {
  const withheld = new Withheld(limits, []);
  withheld.take(entry(withheld.takes(received(), 100)!));
  expect(withheld.takes(received(), 100)).toBeUndefined();
  expect(new Withheld({ ...limits, withhold: false }, []).takes(received(), 100)).toBeUndefined();
});

test('what has waited its time is due, the oldest first, and once; so it is where the clock was set back', () => {
  const withheld = new Withheld(limits, [entry('a', 0), entry('b', minute), entry('c', 5 * minute)]);
  expect(withheld.due(10 * minute - 1)).toEqual([]);
  expect(withheld.due(11 * minute).map(({ key }) => key)).toEqual(['a', 'b']);
  expect(withheld.due(11 * minute)).toEqual([]);
  expect(withheld.due(-5 * minute).map(({ key }) => key)).toEqual(['c']);
});

test('without room the oldest are due, until the rest has room', () => {
  const withheld = new Withheld(limits, []);
  for (let i = 0; i < 10; i++) withheld.take(entry(`${i}`, 0, 'x'.repeat(10_000)));
  expect(withheld.due(1).map(({ key }) => key)).toEqual(['0', '1', '2', '3']);
  expect(withheld.list()).toHaveLength(6);
});

test('where it was switched off, all that wait are due', () => {
  const withheld = new Withheld({ ...limits, withhold: false }, [entry('a'), entry('b')]);
  expect(withheld.due(1)).toHaveLength(2);
});
