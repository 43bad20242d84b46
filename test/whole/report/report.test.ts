import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Report } from '../../../agent/report/index.ts';
import type { Cell, Table } from '../../../agent/report/table.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { ownLines, recordedLines } from '../../kit/corpus.ts';
import { auditseal } from '../../kit/installation.ts';
import type { Ran } from '../../kit/installation.ts';
import { covers, rowsOf } from '../../kit/plain-answer.ts';
import type { RawEvent } from '../../kit/plain-answer.ts';
import { Scene } from '../../kit/scene.ts';
import { attribute, Parsed, textOf } from '../../unit/report/parsed.ts';
import { takes } from '../queries/plain.ts';

const url = inject('elasticsearchUrl');
const hostile = '<script>alert(1)</script>\u202E"onload=x';

/** What the recording has no example of. */
const made: readonly string[] = [
  { user: 'system:serviceaccount:lab:app', address: '203.0.113.7' },
  { user: hostile, address: '10.1.2.3' },
  { user: 'n'.repeat(10_000), address: '10.1.2.3' },
].map(({ user, address }, at) =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `made-${at}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/lab/secrets',
    verb: 'list',
    user: { username: user, groups: ['system:authenticated'] },
    sourceIPs: [address],
    objectRef: { resource: 'secrets', namespace: 'lab', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    stageTimestamp: '2026-11-23T01:06:03.500000Z',
  }),
);

const since = '2026-11-23T00:53:00Z';
const until = '2026-11-23T01:06:10Z';
const isInTime = ({ stageTimestamp: at }: RawEvent) =>
  Date.parse(at) >= Date.parse(since) && Date.parse(at) <= Date.parse(until);

/** By column, for each row. */
function rowsOfTable({ columns, rows }: Table): Record<string, Cell>[] {
  return rows.map((row) => Object.fromEntries(row.map((cell, at) => [columns[at]!.id, cell])));
}

/** What tells rows apart, of the report's and of those that raw lines give. Of a very long name a document's head has the beginning. */
function inShort(rows: readonly Record<string, unknown>[]): string[] {
  return rows.map(({ user, verb, did, name, requests, first, last }) =>
    JSON.stringify([String(user).slice(0, 1000), did ?? verb, name, requests, first, last]),
  );
}

describe('a report on what an agent shipped', () => {
  let scene: Scene;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let events: RawEvent[];
  let ran: Ran;
  let report: Report;
  let text: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const lines = [...(await recordedLines()).slice(0, 1500), ...ownLines, ...made];
    events = lines.map((line) => JSON.parse(line) as RawEvent).filter(isInTime);
    scene = await Scene.make({ url });
    await scene.start();
    // It takes bytes, as latin1.
    await scene.writer.many(lines.map((line) => Buffer.from(line).toString('latin1')));
    await scene.shipped();
    expect(await scene.agent?.stop()).toBe(0);
    const out = join(folder.path, 'report.html');
    const parameters = [
      '--url',
      url,
      '--namespace',
      scene.namespace,
      '--from-birth',
      '--json',
      '--rows',
      '5000',
    ];
    ran = await auditseal(['report', ...parameters, '--since', since, '--until', until, '--out', out]);
    text = await readFile(join(folder.path, 'report.html'), 'utf8');
    report = JSON.parse(await readFile(join(folder.path, 'report.json'), 'utf8')) as Report;
  });

  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const tableOf = (id: string): Table => report.tables.find((table) => table.id === id)!;
  test('says what the verification says, and that is verified from the log’s birth on', () => {
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout[0]).toMatch(/^verdict: verified/u);
    const { summary } = report.verified;
    expect(summary).toMatchObject({ verdict: 'verified' });
    // Whole batches are judged, and how many there are depends on the machine.
    expect(summary.events).toBeGreaterThanOrEqual(events.length);
    expect(summary.events).toBeLessThanOrEqual(scene.count);
    expect(report.verified.printed).toContain(`\nverdict: ${report.verified.message}\n`);
    expect(report.verified.completeness).toMatchObject({
      sealed: summary.events,
      batches: summary.batches,
      dropped: 0,
    });
    expect(report.population).toMatchObject({ documents: events.length, unreadable: 0 });
  });

  test.each([
    ['secrets', (event: RawEvent) => covers('secrets', event, false)],
    [
      'exec',
      (event: RawEvent) =>
        ['exec', 'attach', 'portforward', 'ephemeralcontainers'].some((sub) =>
          covers(`pods/${sub}`, event, false),
        ),
    ],
    [
      'rights',
      (event: RawEvent) =>
        covers('*.rbac.authorization.k8s.io', event, false) &&
        !['get', 'list', 'watch'].includes(event.verb ?? ''),
    ],
  ])('%s: the requests are those of the raw lines', (id, isAsked) => {
    const expected = rowsOf(events.filter((event) => isAsked(event)));
    const table = tableOf(id);
    expect(expected.length).toBeGreaterThan(1);
    expect(table.rowsTotal).toBe(expected.length);
    expect(table.count).toBe(expected.reduce((sum, { requests }) => sum + Number(requests), 0));
    expect(inShort(rowsOfTable(table)).toSorted()).toEqual(inShort(expected).toSorted());
  });

  test.each([
    ['impersonation', 8],
    ['logins', 6],
  ])('%s: the events are those of the raw lines', (id, number) => {
    const expected = events.filter((event) => takes[number]!(event, {}));
    expect(expected.length).toBeGreaterThan(0);
    expect(tableOf(id)).toMatchObject({ count: expected.length, attention: [] });
    expect(tableOf(id).asked.documents).toBe(expected.length);
  });

  test('a service account from the internet is named, and no other', () => {
    expect(rowsOfTable(tableOf('elsewhere'))).toEqual([
      expect.objectContaining({
        user: 'system:serviceaccount:lab:app',
        address: '203.0.113.7',
        forwarded: null,
        action: 'list',
        events: 1,
      }),
    ]);
  });

  test('what clients chose is text on the page, and the JSON has it whole', () => {
    const page = new Parsed(text);
    expect(page.errors).toEqual([]);
    expect(page.all('script', 'img', 'iframe', 'link')).toEqual([]);
    expect(page.all('bdi').map((name) => textOf(name))).toContain(
      String.raw`<script>alert(1)</script>\u202e"onload=x`,
    );
    expect(page.all('h2').map((heading) => attribute(heading, 'id'))).toContain('table-secrets');
    const users = rowsOfTable(tableOf('secrets')).map(({ user }) => user);
    expect(users).toContain(hostile);
  });

  test('only its owner reads it, and it is not overwritten', async () => {
    expect((await stat(join(folder.path, 'report.html'))).mode & 0o777).toBe(0o600);
    const out = join(folder.path, 'report.html');
    const again = await auditseal(['report', '--url', url, '--since', since, '--out', out]);
    expect(again).toMatchObject({ code: 78, stdout: [] });
    expect(again.stderr).toContain('is there already');
  });
});
