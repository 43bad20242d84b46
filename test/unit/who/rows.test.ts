import { expect, test } from 'vitest';
import { rowsTold } from '../../../agent/cli/who/answer.ts';
import { describe } from '../../../agent/cli/who/report.ts';
import { usualMembers } from '../../../agent/who/index.ts';
import type { Answer, Row } from '../../../agent/who/index.ts';
import type { Requests } from '../../../agent/who/request.ts';
import { Rows } from '../../../agent/who/rows.ts';
import { query } from '../../kit/asked.ts';

const time = '2026-11-23T00:00:00.000Z';

function requests(more: Partial<Requests['event']>, result: Requests['result'] = 'ok'): Requests {
  const event = {
    documentId: 'd',
    eventId: 'e',
    request: 'r',
    time,
    user: 'alice',
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
  return {
    event,
    result,
    code: 200,
    count: 1,
    first: time,
    last: time,
    addresses: new Set(['192.0.2.1']),
    findings: new Set(),
  };
}

const sumOf = (rows: readonly Row[]) => rows.reduce((sum, row) => sum + row.requests, 0);

test('a quarter of a million rows are held as a hundred thousand at most, and no request is left out', () => {
  const rows = new Rows();
  for (let i = 0; i < 250_000; i += 1) rows.add(requests({ user: 'mallory', name: `n-${i}` }));
  rows.add(requests({ name: 'db' }));
  const found = rows.sorted();
  expect(found.length).toBeLessThanOrEqual(100_000);
  expect([rows.requests, sumOf(found)]).toEqual([250_001, 250_001]);
});

test('who floods is joined, and who does little is still told apart, in whatever order they come', () => {
  for (const isFirst of [true, false]) {
    const rows = new Rows(100);
    const little = () => {
      for (const name of ['db', 'tls']) rows.add(requests({ name }));
      rows.add(requests({ user: 'bob', verb: 'delete', name: 'db' }, 'denied'));
    };
    if (isFirst) little();
    for (let i = 0; i < 10_000; i += 1) rows.add(requests({ user: 'mallory', name: `n-${i}` }));
    if (!isFirst) little();
    const [joined, ...others] = rows.sorted().toSorted((a, b) => b.requests - a.requests);
    expect(joined).toMatchObject({ user: 'mallory', namespace: 'prod', name: null, requests: 10_000 });
    expect(joined?.joinedOver).toEqual(['name', 'path']);
    expect(joined?.joinedRows).toBeGreaterThanOrEqual(50);
    expect(new Set(others.map(({ user, name, result }) => `${user} ${name} ${result}`))).toEqual(
      new Set(['alice db ok', 'alice tls ok', 'bob db denied']),
    );
  }
});

test.each(['namespace', 'resource', 'user', 'verb', 'path'] as const)(
  'a flood of another %s each time is bounded, too',
  (member) => {
    const rows = new Rows(100);
    for (let i = 0; i < 5000; i += 1) {
      rows.add(requests({ [member]: `x-${i}`, name: `n-${i}` }));
      if (i % 500 === 0) expect(rows.sorted().length).toBeLessThanOrEqual(100);
    }
    expect(rows.sorted().length).toBeLessThanOrEqual(100);
    expect(sumOf(rows.sorted())).toBe(5000);
  },
);

test('rows that were joined say so, in the table and below it', () => {
  const rows = new Rows(4);
  for (const name of ['a', 'b', 'c', 'd', 'e', '*']) rows.add(requests({ name }));
  const coverage = {
    documents: 6,
    oldest: time,
    newest: time,
    unreadable: 0,
    unknownNames: [],
    nearest: {},
  };
  const counts = { requests: rows.requests, events: 6, copies: 0, clashes: 0, splits: 0, aggregated: 0 };
  const fields = { fieldProblems: [], isMappingRead: true };
  const answer: Answer = { rows: rows.sorted(), ...counts, ...fields, coverage };
  const asked = { query: query(), namespace: 'n', urls: ['http://127.0.0.1:1'] };
  const toldOf = (one: Answer) => rowsTold(one, asked, { by: usualMembers, max: undefined, isShort: false });
  const linesOf = (one: Answer) => describe(toldOf(one), asked, undefined);
  const isSure = (one: Answer) => toldOf(one).attentions.length === 0;
  const lines = linesOf(answer);
  expect(lines.slice(1, 2).map((line) => line.split(/ +/u).slice(0, 7))).toEqual([
    ['alice', 'get', 'secrets', 'prod', '*', '200', 'ok'],
  ]);
  expect(lines).toContainEqual(
    expect.stringMatching(/^ATTENTION: too many rows to show each: 1 with \* stand for 4 or more/u),
  );
  expect(isSure(answer)).toBe(false);
  expect(isSure({ ...answer, rows: [] })).toBe(true);
  expect(isSure({ ...answer, rows: [], splits: 1 })).toBe(false);
  const unsearched: Answer = { ...answer, rows: [], coverage: { ...coverage, unreadable: 2 } };
  expect(isSure(unsearched)).toBe(false);
  const told = linesOf(unsearched);
  expect(told).toContainEqual(expect.stringMatching(/^ATTENTION: not searched: 2 lines/u));
  const unread = expect.stringMatching(/^fields: the mapping could not be read/u) as unknown;
  expect(linesOf({ ...answer, isMappingRead: false })).toContainEqual(unread);
  expect(told).not.toContainEqual(unread);
});

test('the bytes of long names are bounded, whoever floods is joined, and no request is left out', () => {
  const rows = new Rows(100_000, 1_000_000);
  for (const name of ['db', 'tls']) rows.add(requests({ name }));
  for (let i = 0; i < 1000; i += 1)
    rows.add(requests({ user: 'mallory', name: `${i}-`.padEnd(8000, i % 2 === 0 ? 'x' : '管') }));
  const found = rows.sorted();
  const held = found.reduce((sum, { name }) => sum + (name?.length ?? 0), 0);
  expect(held).toBeLessThan(500_000);
  expect([rows.requests, sumOf(found)]).toEqual([1002, 1002]);
  expect(found.filter(({ user }) => user === 'alice').map(({ name }) => name)).toEqual(['db', 'tls']);
  expect(found.find(({ joinedOver }) => joinedOver)).toMatchObject({
    user: 'mallory',
    joinedOver: ['name', 'path'],
  });
});
