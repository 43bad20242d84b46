import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import {
  countEvents,
  startAgent,
  temporaryFolder,
  until,
  verify,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { canaries, caseLines, Finder, loggedLines } from '../../kit/canaries/index.ts';
import type { Canary } from '../../kit/canaries/index.ts';
import { randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { Random } from '../../kit/random.ts';
import { everyEventRule, startReceiver } from '../../kit/receiver.ts';
import { FaultProxy } from '../delivery/fault-proxy.ts';
import { items, status } from '../delivery/faults.ts';
import { said, sent, stored } from '../../kit/left.ts';
import { wrappings } from './wrappings.ts';

const url = inject('elasticsearchUrl');
const planted = canaries();
const lines = loggedLines().map((line) => line.toString('latin1'));
/** So many units in a row of a value tell it from all others; of a torn one fewer may leave. */
const finder = new Finder(planted, 8);
const tornMax = 4;
/** With its defaults, as a careful user has it: redaction on, and the policy of the package. */
const defaults = { redact: {}, policyFile: undefined };

/** The places of secrets in a text. */
function secretsIn(text: string, by = finder): string[] {
  return [...by.findIn(text)].filter(({ stays }) => stays === undefined).map(({ place }) => place);
}

test('the fixture has a thousand distinct secrets, at each level, refused and accepted', () => {
  const secrets = planted.filter(({ stays }) => stays === undefined);
  expect(secrets.length).toBeGreaterThan(1000);
  expect(new Set(secrets.map(({ value }) => value)).size).toBe(secrets.length);
  expect(new Set(secretsIn(lines.join('\n'))).size).toBe(new Set(secrets.map(({ place }) => place)).size);
  for (const level of ['Metadata', 'Request', 'RequestResponse'])
    for (const fate of ['accepted', 'webhook'])
      expect(secrets.filter(({ place }) => place.endsWith(`; ${level}, ${fate}`)).length).toBeGreaterThan(10);
});

test('of what a real kube-apiserver wrote no secret leaves the process, and what is to stay does', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  await using receiver = await startReceiver(place.path);
  const detection = { rulesFile: await everyEventRule(place.path) };
  const more = { ...defaults, detection, notifications: receiver.notifications };
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace, more });
  await using agent = await startAgent({ config });
  await writer.many(lines);
  await until(
    async () => (await countEvents(url, namespace)) === lines.length,
    () => agent.tail(),
  );
  const { events, records } = await sent(url, namespace);
  expect([...new Set(events.flatMap((event) => secretsIn(event)))]).toEqual([]);
  expect(secretsIn(records.join('\n'))).toEqual([]);
  expect(secretsIn(await said(agent, config))).toEqual([]);
  expect(await agent.stop()).toBe(0);
  // What has only begun is asked about when it ends.
  const asked = lines.filter((line) => !line.includes('"stage":"RequestReceived"'));
  expect(receiver.alerts().reduce((sum, { count }) => sum + count, 0)).toBe(asked.length);
  expect(secretsIn(receiver.said())).toEqual([]);
  expect(secretsIn(await stored(join(place.path, 'state')))).toEqual([]);
  expect(secretsIn(agent.logs.map((line) => JSON.stringify(line)).join('\n'))).toEqual([]);
  // Where the apiserver wrote it, and no refusal quotes it: redaction takes nothing else out.
  const left = finder.findIn(events.join('\n'));
  const gone = planted.filter((canary) => canary.stays !== undefined && !left.has(canary));
  expect(gone.filter(({ place: where }) => !isQuoted(where)).map(({ place: where }) => where)).toEqual([]);
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});

/** At level Metadata only a refusal that quotes the object shows its body, and what is quoted is taken out whole. */
function isQuoted(place: string): boolean {
  return place.includes('; Metadata, webhook') || place.includes('; Metadata, policy');
}

test.each(Object.entries(wrappings))('of %s no secret leaves the process', async (name, wrap) => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace, more: defaults });
  await using agent = await startAgent({ config });
  const random = new Random(name.length);
  // Where each line begins, and what is in it that may leave in no piece of more than four units.
  const written: { line: string; offset: number; secrets: Canary[] }[] = [];
  let offset = 0;
  for (const line of lines.filter(() => random.next() < 0.1))
    for (const wrapped of wrap(line, random)) {
      written.push({ line: wrapped, offset, secrets: [...finder.findIn(line)] });
      offset += wrapped.length + 1;
    }
  await writer.many(written.map(({ line }) => line));
  await writer.line(lines[0]!);
  await until(
    async () =>
      (await agent.metrics()).get('auditseal_read_lines_total{source="kube-apiserver"}') ===
      written.length + 1,
    () => agent.tail(),
  );
  expect(await agent.stop()).toBe(0);
  const { events, records } = await sent(url, namespace);
  // A line in parts is one event.
  const parts = written.filter(({ line }) => line.includes(' stdout P ')).length;
  expect(events.length).toBeGreaterThan(written.length - parts);
  const secretsAt = new Map(written.map((one) => [one.offset, one.secrets]));
  const leaked = events.flatMap((event) => {
    const secrets = secretsAt.get((JSON.parse(event) as { log: { offset: number } }).log.offset) ?? [];
    return secretsIn(event, new Finder(secrets, tornMax + 1));
  });
  expect([...new Set(leaked)]).toEqual([]);
  expect(secretsIn(records.join('\n'))).toEqual([]);
  expect(secretsIn(await stored(join(place.path, 'state')))).toEqual([]);
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});

test('of a Secret no webhook\u2019s patch, torn event or item without a kind shows the value; all else of them arrives', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace, more: defaults });
  await using agent = await startAgent({ config });
  const names = ['patch-annotation-of-secret', 'torn-secret', 'event-without-kind'];
  await writer.many(names.flatMap((name) => caseLines(name)));
  // The first of the torn lines has the next event behind it.
  await until(
    async () => (await countEvents(url, namespace)) === writer.count + 1,
    () => agent.tail(),
  );
  expect(await agent.stop()).toBe(0);
  const all = (await sent(url, namespace)).events.join('\n');
  const values = ['s3cr3t-value-1', 's3cr3t-value-2', 'SECRET-TORN', 'SECRET-NOKIND'];
  for (const value of values) {
    expect(caseLines(names[0]!).concat(caseLines(names[1]!), caseLines(names[2]!)).join('\n')).toContain(
      Buffer.from(value).toString('base64'),
    );
    expect(all).not.toContain(Buffer.from(value).toString('base64'));
  }
  expect(all).toContain('mutation.webhook.admission.k8s.io/round_0_index_0');
  expect(all).toContain('55555555-0000-4000-8000-000000000002');
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});

test('no secret is in the spool, nor in quarantine', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  await using proxy = await FaultProxy.start(url);
  const writer = await Writer.make(place.path);
  const config = await writeConfig(place.path, { elasticsearchUrl: proxy.url, namespace, more: defaults });
  await using agent = await startAgent({ config });
  const random = new Random(3);
  const some = lines.filter(() => random.next() < 0.1);
  const state = join(place.path, 'state');

  proxy.always = ({ incoming }) => (isEvents(incoming.url) ? status(503) : undefined);
  await writer.many(some);
  await until(
    async () =>
      (await agent.metrics()).get('auditseal_sealed_events_total{source="kube-apiserver"}') === some.length,
    () => agent.tail(),
  );
  const spool = await stored(state);
  expect(spool).toContain('"kind":"Event"');
  expect(secretsIn(spool)).toEqual([]);

  // In each form.
  const refused = { status: 400, error: { type: 'document_parsing_exception', reason: 'of the test' } };
  proxy.always = ({ incoming }) => (isEvents(incoming.url) ? items(() => refused) : undefined);
  await until(
    async () =>
      (await agent.metrics()).get('auditseal_aside_events{source="kube-apiserver"}') === some.length,
    () => agent.tail(),
  );
  expect((await readdir(state, { recursive: true })).length).toBeGreaterThan(some.length);
  expect(secretsIn(await stored(state))).toEqual([]);
  expect(secretsIn(await said(agent, config))).toEqual([]);
  await removeNamespace(url, namespace);
});

function isEvents(path: string | undefined): boolean {
  return path?.includes('kubernetes.audit_logs') ?? false;
}
