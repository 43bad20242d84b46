import { beforeAll, describe, expect, inject, test } from 'vitest';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../../agent/elasticsearch/index.ts';
import { who } from '../../../agent/who/index.ts';
import type { Query } from '../../../agent/who/index.ts';
import { attentionsOf } from '../../../agent/cli/who/report.ts';
import { refusedForm } from '../../../agent/seal/index.ts';
import { createDocument, refresh, rollover } from '../../kit/elasticsearch/index.ts';
import { documentOf, recordedLines, ship } from '../../kit/corpus.ts';
import { shipped, query } from '../../kit/asked.ts';
import { busyProxy } from './busy-proxy.ts';
import { comparable, covers, rowsOf } from '../../kit/plain-answer.ts';
import type { RawEvent } from '../../kit/plain-answer.ts';

const url = inject('elasticsearchUrl');
const reading = ['get', 'list', 'watch'];

const has =
  (of: (event: RawEvent) => string | undefined, ...values: string[]) =>
  (event: RawEvent) =>
    values.includes(of(event) ?? '');
const user = (name: string) => (event: RawEvent) =>
  event.user?.username === name || event.impersonatedUser?.username === name;
const group = (name: string) => (event: RawEvent) =>
  [...(event.user?.groups ?? []), ...(event.impersonatedUser?.groups ?? [])].includes(name);
const on =
  (wanted: string, named = false) =>
  (event: RawEvent) =>
    covers(wanted, event, named);
const verb = has(({ verb: did }) => did, ...reading);

/** What is asked, and which events of the raw log that takes. */
const questions: [
  string,
  Partial<Omit<Query, 'resources'>> & { resources?: string[] },
  (event: RawEvent) => boolean,
][] = [
  ['everything', {}, () => true],
  ['what alice did', { users: ['alice'] }, user('alice')],
  ['what was done by or in the name of dave', { users: ['dave@example.test'] }, user('dave@example.test')],
  ['what Zoë did', { users: ['Zoë Ørsted 管理者'] }, user('Zoë Ørsted 管理者')],
  ['what the break-glass group did', { groups: ['system:masters'] }, group('system:masters')],
  [
    'who read secrets',
    { resources: ['secrets'], verbs: reading },
    (event) => on('secrets')(event) && verb(event),
  ],
  ['who touched a namespace’s secrets', { resources: ['secrets/lab'] }, on('secrets/lab')],
  ['the same, named alone', { resources: ['secrets/lab'], named: true }, on('secrets/lab', true)],
  [
    'who used or changed cluster role bindings',
    { resources: ['clusterrolebindings.rbac.authorization.k8s.io'] },
    on('clusterrolebindings.rbac.authorization.k8s.io'),
  ],
  ['a node', { resources: ['nodes/lab-node-1'] }, on('nodes/lab-node-1')],
  [
    'exec, attach',
    { resources: ['pods/exec', 'pods/*/*/attach'] },
    (event) => on('pods/exec')(event) || on('pods/*/*/attach')(event),
  ],
  [
    'a time',
    { time: { since: Date.parse('2026-11-23T01:06:05Z'), until: Date.parse('2026-11-23T01:06:07.5Z') } },
    ({ stageTimestamp: at }) => at >= '2026-11-23T01:06:05.000000Z' && at < '2026-11-23T01:06:07.501000Z',
  ],
  ['a path', { resources: ['/api/v1/nodes/*'] }, ({ requestURI }) => requestURI.startsWith('/api/v1/nodes/')],
];

/** Of rows what the last stage alone tells. */
function told(rows: readonly object[]): string[] {
  return comparable(rows.map((row) => ({ ...row, first: '', addresses: [] })));
}

describe('on what a real kube-apiserver wrote', () => {
  let client: ElasticsearchClient;
  let namespace: string;
  let stream: string;
  let lines: string[];
  let events: RawEvent[];

  beforeAll(async () => {
    lines = await recordedLines();
    events = lines.map((line) => JSON.parse(line) as RawEvent);
    ({ client, namespace, stream } = await shipped(url, lines));
  });

  test.each(questions)('%s: every row is what the raw lines hold', async (_what, asked, takes) => {
    const taken = events.filter((event) => takes(event));
    const answer = await who(client, query(asked), { namespace });
    const expected = rowsOf(taken);
    expect(expected.length).toBeGreaterThan(1);
    expect(comparable(answer.rows)).toEqual(comparable(expected));
    expect(answer.events).toBe(taken.length);
    expect(answer.requests).toBe(answer.rows.reduce((sum, row) => sum + row.requests, 0));
    expect([answer.copies, answer.clashes]).toEqual([0, 0]);
  });

  test.each(['success', 'failure', 'denied', 'unknown'] as const)(
    'only what ended in %s',
    async (outcome) => {
      const results = {
        success: ['ok', 'begun'],
        failure: ['failed', 'denied'],
        denied: ['denied'],
        unknown: ['unknown'],
      };
      const expected = rowsOf(events).filter(({ result }) => results[outcome].includes(String(result)));
      const { rows } = await who(client, query({ outcomes: [outcome] }), { namespace });
      expect(expected.length).toBeGreaterThan(1);
      // What was refused is found by its last stage alone, so the request's arrival is not in the answer.
      expect(told(rows)).toEqual(told(expected));
    },
  );

  test('the data reaches from the first to the last event of the time, asked for or not', async () => {
    const { coverage } = await who(
      client,
      query({ users: ['nobody', 'alice'], resources: ['secret', 'pods/x'] }),
      { namespace },
    );
    const times = events.map(({ stageTimestamp }) => `${stageTimestamp.slice(0, 23)}Z`).toSorted();
    expect(coverage).toEqual({
      documents: lines.length,
      oldest: times[0],
      newest: times.at(-1),
      unreadable: 0,
      unknownNames: ['user nobody', 'resource secret'],
      nearest: { 'resource secret': ['secrets'] },
    });
  });

  test('a page that fails is asked for again, smaller, and nothing is lost or counted twice', async () => {
    const sizes: number[] = [];
    await using busy = await busyProxy(url, (body) => {
      const size = Number(/"size":(\d+)/u.exec(body)?.[1] ?? 0);
      if (size > 0) sizes.push(size);
      return size > 0 && [1, 3, 4].includes(sizes.length);
    });
    const through = await createClient({ urls: [busy.url], requestSeconds: 60 });
    const answer = await who(through, query(), { namespace });
    await through.close();
    expect(sizes.slice(0, 6)).toEqual([5000, 2500, 2500, 1250, 625, 625]);
    expect(answer.events).toBe(events.length);
    expect(comparable(answer.rows)).toEqual(comparable(rowsOf(events)));
  });

  test('identical copies, as a rollover leaves them behind, count once', async () => {
    const asked = query({ resources: ['secrets'] });
    const before = await who(client, asked, { namespace });
    const sentAgain = lines.slice(0, 2000);
    await rollover(url, stream);
    await ship(client, namespace, sentAgain);
    await refresh(url, stream);
    const after = await who(client, asked, { namespace });
    expect(after.copies).toBe(
      events.slice(0, sentAgain.length).filter((event) => on('secrets')(event)).length,
    );
    expect(after.copies).toBeGreaterThan(10);
    expect({ ...after, copies: 0, coverage: before.coverage }).toEqual(before);
  });
});

test('an event of which only the head could be stored is found by its user, and a question about groups says that it is there', async () => {
  const lines = await recordedLines();
  const line = lines.find((one) => one.includes('"system:masters"'))!;
  const { username } = (JSON.parse(line) as RawEvent).user!;
  const other = lines.find((one) => !one.includes(username!) && !one.includes('"system:masters"'))!;
  const { client, namespace, stream } = await shipped(url, [other]);
  const form = refusedForm(Buffer.from(documentOf(line, 1, namespace).source), 'field_name', 'event');
  await createDocument(url, stream, 'refused', form);
  const byUser = await who(client, query({ users: [username!] }), { namespace });
  expect([byUser.requests, byUser.coverage.groupless]).toEqual([1, undefined]);
  const byGroup = await who(client, query({ groups: ['system:masters'] }), { namespace });
  expect([byGroup.requests, byGroup.coverage.groupless]).toEqual([0, 1]);
  expect(attentionsOf(byGroup)).toEqual([expect.stringContaining('not searched by group: 1 events')]);
  await client.close();
});
