import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventsInList, parseEvent, parseKindless, unwrap, whyNoEvent } from '../../../agent/event/index.ts';
import type { LineFormat } from '../../../agent/event/index.ts';

const fixtures = join(import.meta.dirname, '../../kit/fixtures/shapes');
const linesOf = async (name: string) =>
  (await readFile(join(fixtures, name), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => Buffer.from(line));

const item = (more = '') =>
  `{"auditID":"a","stage":"ResponseComplete","requestURI":"/x","verb":"get"${more}}`;
const list = (items: string, more = '') =>
  Buffer.from(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{}${more},"items":[${items}]}`);

test('events without kind and apiVersion are read as events', async () => {
  for (const line of await linesOf('without-kind.jsonl')) {
    expect(parseEvent(line)).toBeUndefined();
    expect(parseKindless(line)).toMatchObject({
      kind: 'Event',
      stage: 'ResponseComplete',
      verb: expect.any(String) as string,
    });
  }
});

test.each([
  '{"kind":"Event","apiVersion":"v1","auditID":"a","stage":"s","requestURI":"/"}',
  '{"kind":"Status","auditID":"a","stage":"s","requestURI":"/"}',
  '{"kind":null,"auditID":"a","stage":"s","requestURI":"/"}',
  '{"apiVersion":"v1","auditID":"a","stage":"s","requestURI":"/"}',
  '{"auditID":"a","stage":"s"}',
  '{"auditID":1,"stage":"s","requestURI":"/"}',
  '[]',
])('%s is none, alone or in a list', (text) => {
  expect(parseKindless(Buffer.from(text))).toBeUndefined();
  expect(eventsInList(list(`${item()},${text}`))).toBeUndefined();
});

test('a list is taken apart into the bytes of its items', () => {
  const whole = '{"kind":"Event","apiVersion":"audit.k8s.io/v1"}';
  expect(eventsInList(list(`${item()} , ${whole}`))?.map(String)).toEqual([item(), whole]);
  expect(eventsInList(list(''))).toBeUndefined();
  // What would be lost with the list.
  expect(eventsInList(list(item(), ',"secret":"x"'))).toBeUndefined();
  expect(eventsInList(list(item(), ',"metadata":{}'))).toBeUndefined();
});

test('what is around a line is taken off: of a container runtime, of a journal, of a node’s name', async () => {
  for (const line of await linesOf('wrapped.log')) {
    expect(parseEvent(line)).toBeUndefined();
    const wrapped = unwrap(line, 'auto');
    expect(wrapped?.isPart).toBe(false);
    expect(parseEvent(wrapped!.content)).toMatchObject({ verb: 'list' });
  }
});

const at = '2026-11-30T11:00:20.123456789Z';

test.each<[string, LineFormat, [string, string, boolean] | undefined]>([
  [`${at} stdout F {"a":1}`, 'cri', ['{"a":1}', 'stdout', false]],
  [`${at} stderr P {"a`, 'cri', ['{"a', 'stderr', true]],
  [`2026-11-30T11:00:20+01:00 stdout F:x `, 'auto', ['', 'stdout', false]],
  [`${at} stdout X {}`, 'cri', undefined],
  [`${at} stdout F {}`, 'docker', undefined],
  [`${at} stdout F {}`, 'json', undefined],
  ['{"log":"{\\"a\\":1}\\n","stream":"stdout","time":"t"}', 'docker', ['{"a":1}', 'stdout', false]],
  ['{"log":"{\\"a","stream":"stdout","time":"t"}', 'auto', ['{"a', 'stdout', true]],
  ['{"log":"x\\n","stream":"stdout","time":"t","more":1}', 'docker', undefined],
  ['{"log":"x\\n","stream":"stdout","time":"t"}', 'cri', undefined],
  ['host k3s[1]: {"a":1}', 'auto', ['{"a":1}', '', false]],
  ['host k3s[1]: {"a":1}', 'cri', undefined],
  ['what is left "of":{"a":1}', 'auto', undefined],
  ['{"kind":"Event"', 'auto', undefined],
])('%j as %s', (line, format, expected) => {
  const found = unwrap(Buffer.from(line), format);
  expect(found && [found.content.toString(), found.stream, found.isPart]).toEqual(expected);
});

test.each<[string | Buffer, RegExp]>([
  ['', /^an empty line$/u],
  [Buffer.from([0x7b, 0xff]), /^not UTF-8/u],
  ['{"kind":"Event"', /torn/u],
  ['{"kind":"EventList","items":[1]}', /^an EventList/u],
  ['{"a":"secret"}', /without kind/u],
  ['{"kind":"Event","apiVersion":"v1"}', /not of audit\.k8s\.io/u],
  ['{"kind":"Secret"}', /another kind/u],
])('why %j is no event', (line, why) => {
  expect(whyNoEvent(Buffer.from(line))).toMatch(why);
  expect(whyNoEvent(Buffer.from(line))).not.toContain('secret');
});
