import { expect, test } from 'vitest';
import { parseEvent } from '../../../agent/event/index.ts';

const start = '{"kind":"Event","apiVersion":"audit.k8s.io/v1"';

test.each([
  `${start}}`,
  ` ${start}} \r`,
  '{"apiVersion":"audit.k8s.io/v1beta1","kind":"Event"}',
  `${start},"verb":{"get":[1]},"user":"x"}`,
  `${start},"a":"\\ud800"}`,
])('is an event: %j', (line) => {
  expect(parseEvent(Buffer.from(line))).toMatchObject({ kind: 'Event' });
});

test.each([
  '',
  '{}',
  'null',
  '[]',
  `[${start}}]`,
  start,
  `${start}}x`,
  `\ufeff${start}}`,
  `\u0000${start}}`,
  `${start},"a":"\u0001"}`,
  '{"kind":"EventList","apiVersion":"audit.k8s.io/v1"}',
  '{"kind":"Event","apiVersion":"v1"}',
  '{"kind":"Event","apiVersion":["audit.k8s.io/v1"]}',
  '{"kind":"Event"}',
])('is no event: %j', (line) => {
  expect(parseEvent(Buffer.from(line))).toBeUndefined();
});

test.each([
  ['a lone continuation byte', [0x80]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['more than Unicode has', [0xf5, 0x80, 0x80, 0x80]],
  ['half a character', [0xc3]],
])('is no event with %s in a string, though a lossy decoder would take it', (_, bytes) => {
  const line = Buffer.concat([Buffer.from(`${start},"a":"`), Buffer.from(bytes), Buffer.from('"}')]);
  expect(JSON.parse(line.toString())).toMatchObject({ kind: 'Event' });
  expect(parseEvent(line)).toBeUndefined();
});
