import { describe, expect, inject, test } from 'vitest';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import { checkStreams } from '../../../agent/streams/index.ts';
import { Attacked } from '../../kit/attacked.ts';
import { auditseal, Installation } from '../../kit/installation.ts';

const url = inject('elasticsearchUrl');
const missing = 'missing: LOG, index 1, batch 0, id ID-000000000001';

describe.concurrent('whoever administers the streams', () => {
  // The embedded Elasticsearch has no script language: this field says what _source says, where one with a script says what that does.
  test('lays a runtime field over @timestamp, whose script may keep a time range from finding anything: could not check', async () => {
    await using log = await Attacked.make(url);
    const range = ['--since', '2026-11-23T00:44:00Z', '--from-birth'];
    const before = await log.verify(...range);
    expect([before.findings, before.code], before.report).toEqual([[], 0]);
    const runtime = { '@timestamp': { type: 'date' } };
    await log.administer('PUT', `${log.installation.stream('events')}/_mapping`, { runtime });
    const after = await log.verify(...range);
    expect([after.findings, after.code], after.report).toEqual([[], 2]);
    expect(after.report).toContain('@timestamp is a runtime field');
    const whole = await log.verify();
    expect([whole.findings, whole.code], whole.report).toEqual([[], 0]);
    // What was tampered with and is found all the same is not hidden by it.
    await log.installation.remove('events', log.events[1]!.id);
    const deleted = await log.verify(...range);
    expect([deleted.findings, deleted.code], deleted.report).toEqual([[missing], 1]);
  });

  test('writes events to a stream of another namespace: the report names it, and --namespace takes both', async () => {
    await using log = await Attacked.make(url);
    await using other = await Attacked.make(url);
    const alone = await log.verify();
    expect([alone.findings, alone.code], alone.report).toEqual([[], 0]);
    expect(alone.report).toMatch(/^not read: events of \d+ other namespaces: /mu);
    expect((await summaryOf(log)).otherNamespaces).toContain(other.installation.namespace);
    await other.installation.remove('events', other.events[1]!.id);
    const both = await log.verify('--namespace', other.installation.namespace);
    expect([both.code, both.report.split('\n').filter((line) => line.startsWith('verdict: '))]).toEqual([
      1,
      ['verdict: verified', 'verdict: tampered: 1 missing'],
    ]);
    const together = await summaryOf(log, '--namespace', other.installation.namespace);
    expect(together.otherNamespaces).not.toContain(other.installation.namespace);
  });

  test('deletes every record: it is not said that the log has only just begun', async () => {
    await using log = await Attacked.make(url, (writer) => {
      writer.marker(1);
      writer.batch();
    });
    await log.installation.remove('records', log.records[0]!.id);
    const { code, report } = await log.verify('--now', '2026-11-23T01:30:00.000Z');
    expect(code, report).toBe(1);
    const untrusting = await log.installation.verify('--now', '2026-11-23T01:30:00.000Z');
    expect([untrusting.code, untrusting.all.stdout.at(-1)]).toEqual([
      2,
      `verdict: could not check: there is no record at all, and 3 events of ${log.origin}, which did not begin just now: its records were deleted, or the agent could not send any`,
    ]);
    const atOnce = await log.installation.verify('--now', '2026-11-23T00:44:48.000Z');
    expect([atOnce.code, atOnce.all.stdout.at(-1)]).toEqual([
      2,
      'verdict: could not check: there is no record yet: the log has only just begun; verify again in a few seconds',
    ]);
  });
});

describe.concurrent('an auditor', () => {
  test('who mistypes the namespace is told which there are, and not that all was deleted', async () => {
    await using log = await Attacked.make(url);
    const { namespace } = log.installation;
    const mistyped = new Installation(url);
    const { findings, code, all } = await mistyped.verify('--trust', log.trust);
    const report = all.stderr;
    expect([findings, code], report).toEqual([[], 2]);
    expect(report).toMatch(new RegExp(`is --namespace another\\? There are streams of: .*${namespace}`, 'u'));
  });

  test('who takes the trust file of another cluster is told so first', async () => {
    await using log = await Attacked.make(url);
    await using other = await Attacked.make(url, undefined, {
      name: { cluster: 'test', node: 'cp-1', source: 'kube-apiserver' },
    });
    const { findings, all } = await log.installation.verify(
      '--trust',
      other.trust,
      '--now',
      log.writer.now.toISOString(),
    );
    const beforeFindings = all.stdout.slice(0, all.stdout.indexOf(''));
    expect(beforeFindings.at(-1)).toMatch(
      /^attention: \S+ names none of the logs that are there: is it that of another namespace or cluster\?$/u,
    );
    expect(findings).toHaveLength(3);
    expect([all.code, all.stdout.at(-1)]).toEqual([
      1,
      'verdict: tampered: the trust file names none of the logs that are there, 1 unknown log, 1 log missing, 1 unproven',
    ]);
  });

  test('reads what changed in the log: policy, configuration and settings, by batch and time', async () => {
    await using log = await Attacked.make(url, (writer) => {
      writer.batch();
      writer.batch({ lies: { retentionDays: 30, policy: `sha256:${'0'.repeat(64)}` } });
      writer.batch({
        lies: {
          retentionDays: 30,
          policy: `sha256:${'0'.repeat(64)}`,
          notices: [{ kind: 'foresight', at: 'x' }],
        },
      });
    });
    const { findings, code, report } = await log.verify();
    expect([findings, code], report).toEqual([[], 0]);
    const changes = report.split('\n').filter((line) => line.startsWith('change: '));
    expect(changes).toEqual([
      expect.stringMatching(
        /: policy from sha256:[0-9a-f]{64} to sha256:0{64} at batch 1, 2026-11-23T00:44:48\.000Z$/u,
      ),
      `change: ${log.origin}: retentionDays from 400 to 30 at batch 1, 2026-11-23T00:44:48.000Z`,
    ]);
    expect(report).toContain('notices of a later version: 1 foresight');
  });
});

async function summaryOf(log: Attacked, ...parameters: string[]): Promise<{ otherNamespaces: string[] }> {
  const { all } = await log.installation.verify(
    '--json',
    '--now',
    log.writer.now.toISOString(),
    ...parameters,
  );
  return JSON.parse(all.stdout.at(-1)!) as { otherNamespaces: string[] };
}

test('a runtime field over a user’s name is told to who asks auditseal who, with exit code 3', async () => {
  await using log = await Attacked.make(url);
  const asked = [
    'who',
    '--url',
    url,
    '--namespace',
    log.installation.namespace,
    '--user',
    'kubernetes-admin',
  ];
  const before = await auditseal(asked);
  expect([attention(before.stdout), before.code], before.stderr).toEqual([[], 0]);
  await log.administer('PUT', `${log.installation.stream('events')}/_mapping`, {
    runtime: { 'user.name': { type: 'keyword' } },
  });
  const after = await auditseal(asked);
  expect([attention(after.stdout), after.code], after.stderr).toEqual([
    [expect.stringMatching(/: \S+: user\.name is a runtime field; run auditseal setup/u)],
    3,
  ]);
});

test('a user’s name that is left out of the index by its length is told to who asks, and by the agent’s start check', async () => {
  await using log = await Attacked.make(url);
  const events = log.installation.stream('events');
  const properties = { user: { properties: { name: { type: 'keyword', ignore_above: 1 } } } };
  await log.administer('PUT', `${events}/_mapping`, { properties });
  const said = await auditseal([
    'who',
    '--url',
    url,
    '--namespace',
    log.installation.namespace,
    '--user',
    'kubernetes-admin',
  ]);
  expect([attention(said.stdout), said.code], said.stderr).toEqual([
    [
      expect.stringMatching(
        /user\.name is mapped as \{[^}]*"ignore_above":1,"type":"keyword"\}, not \{[^}]*"ignore_above":\d{2}/u,
      ),
    ],
    3,
  ]);
  const client = await createClient({ urls: [url], requestSeconds: 60 });
  const [checked] = await checkStreams(client, { namespace: log.installation.namespace });
  expect(checked).toMatchObject({ state: 'warning', found: expect.stringContaining('user.name') as unknown });
});

test('an origin that is left out of the index, and a question about a time range: could not check', async () => {
  await using log = await Attacked.make(url);
  const properties = { auditseal: { properties: { origin: { type: 'keyword', ignore_above: 1 } } } };
  for (const stream of ['events', 'records'] as const)
    await log.administer('PUT', `${log.installation.stream(stream)}/_mapping`, { properties });
  const { findings, code, report } = await log.verify('--since', '2026-11-23T00:44:00Z', '--from-birth');
  expect([findings, code], report).toEqual([[], 2]);
  expect(report).toContain('auditseal.origin is mapped as {"ignore_above":1');
});

function attention(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('ATTENTION: '));
}
