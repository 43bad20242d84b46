import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { until } from '../../kit/agent/index.ts';
import type { BulkLine } from './bulk-lines.ts';
import type { Fault } from './fault-proxy.ts';
import {
  cutAnswer,
  htmlPage,
  itemError,
  items,
  limit,
  onlyKey,
  otherJson,
  reset,
  silence,
  status,
} from './faults.ts';
import { Journey } from './journey.ts';
import { eventWithBody } from './events.ts';

const url = inject('elasticsearchUrl');
const [events, records] = ['kubernetes.audit_logs', 'auditseal.batch'];

/** Each fault, the streams that meet it, and the cause under which the retry is counted. */
const faults: [name: string, fault: Fault, streams: string[], cause: string][] = [
  ['429', status(429), [events], 'rejected'],
  ['503', status(503), [records], 'rejected'],
  ['502 with a page of HTML', htmlPage(502, false), [events], 'rejected'],
  ['502 with a page of HTML when all was done', htmlPage(502, true), [events, records], 'rejected'],
  ['504', status(504), [records], 'rejected'],
  ['404', status(404), [events], 'refused'],
  ['500', status(500), [events], 'refused'],
  ['200 with a page of HTML', htmlPage(200, false), [events, records], 'bad-response'],
  ['200 with a page of HTML when all was done', htmlPage(200, true), [events], 'bad-response'],
  ['an answer cut as JSON', cutAnswer('json'), [events, records], 'bad-response'],
  ['an answer that is JSON and no bulk answer', otherJson('{"ok":true}'), [records], 'bad-response'],
  ['an answer about nothing', otherJson('{"errors":false,"items":[]}'), [events], 'bad-response'],
  ['an answer cut below its length', cutAnswer('length'), [events, records], 'unreachable'],
  ['a reset before the body', reset('before'), [events], 'unreachable'],
  ['a reset during the body', reset('during'), [events], 'unreachable'],
  ['a reset when all was done', reset('after'), [events, records], 'unreachable'],
];

test.concurrent(
  'whatever comes back in the place of an answer, all arrives once, and each retry is counted by cause and said',
  async () => {
    await using journey = await Journey.begin(url);
    const { proxy, writer, agent } = journey;
    await writer.lines(1);
    await journey.quiet();
    const counted: string[] = [];
    for (const [name, fault, streams, cause] of faults) {
      const [before, said] = [await journey.retries(cause), agent.said(/batches are kept/u).length];
      for (const stream of streams) proxy.next(fault, stream);
      await writer.lines(3);
      await journey.quiet();
      const [retries, lines] = [await journey.retries(cause), agent.said(/batches are kept/u).length];
      counted.push(`${name}: ${retries - before} ${cause}, ${lines - said} said`);
    }
    expect(counted).toEqual(
      faults.map(([name, , { length: times }, cause]) => `${name}: ${times} ${cause}, ${times} said`),
    );
    expect(await journey.end()).toEqual([]);
  },
);

/** A date has no fractions of a second: this one is more than 2 s ahead. */
const inThreeSeconds = () => new Date(Date.now() + 3000).toUTCString();
const large = (name: string) => eventWithBody(name, `{"data":"${'x'.repeat(1_500_000)}"}`);

test.concurrent('a Retry-After in seconds or as a date is waited for', async () => {
  await using journey = await Journey.begin(url);
  const { proxy, writer } = journey;
  for (const [code, wish] of [
    [429, () => '2'],
    [503, inThreeSeconds],
  ] as const) {
    let wanted = NaN;
    proxy.next(async (exchange) => {
      const after = wish();
      wanted = code === 429 ? Date.now() + Number(after) * 1000 : Date.parse(after);
      await status(code, { 'retry-after': after })(exchange);
    });
    const before = proxy.sent.length;
    await writer.lines(2);
    await journey.quiet();
    // A timer may be a millisecond early.
    expect(proxy.sent[before + 1]!.at).toBeGreaterThanOrEqual(wanted - 1);
  }
  expect(await journey.retries('rejected')).toBe(2);
  expect(await journey.end()).toEqual([]);
});

test.concurrent(
  'a server that goes silent, on a new connection or one that was kept, costs its time and nothing else',
  async () => {
    await using journey = await Journey.begin(url, () => ({ requestSeconds: 2 }));
    const { proxy, writer } = journey;
    await writer.lines(1);
    await journey.quiet();
    for (const when of ['unread', 'read', 'done'] as const) {
      proxy.next(silence(when), events);
      await writer.lines(2);
      await journey.quiet();
    }
    proxy.next(silence('done'), records);
    await writer.lines(1);
    await journey.quiet();
    expect(await journey.retries('timeout')).toBeGreaterThanOrEqual(4);
    expect(await journey.end()).toEqual([]);
  },
);

test.concurrent(
  'a key that was revoked keeps the batches and says so; a new one in its file goes on without a restart',
  async () => {
    let valid = 'first';
    let file = '';
    await using journey = await Journey.begin(url, async (folder) => {
      file = join(folder, 'api-key');
      await writeFile(file, 'first\n');
      return { apiKeyFile: file };
    });
    const { proxy, writer, agent } = journey;
    proxy.always = () => onlyKey(() => valid);
    await writer.lines(5);
    await journey.quiet();
    const arrived = writer.count;

    valid = 'second';
    await writer.lines(5);
    await until(
      () =>
        agent.said('Elasticsearch: unauthorized').length +
          agent.said(/unauthorized; batches are kept/u).length >
        1,
      () => `nothing was said: ${agent.tail()}`,
    );
    expect(await journey.metric('auditseal_spool_bytes')).toBeGreaterThan(0);
    expect(await agent.probe('healthz')).toBe(200);
    expect(await journey.count()).toBe(arrived);

    await writeFile(file, 'second\n');
    await journey.quiet();
    expect(await journey.retries('unauthorized')).toBeGreaterThanOrEqual(2);
    expect(await journey.end()).toEqual([]);
  },
);

test.concurrent('of a request in which some documents failed only those are sent again', async () => {
  await using journey = await Journey.begin(url);
  const { proxy, writer } = journey;
  await writer.lines(1);
  await journey.quiet();
  for (const code of [429, 503, 500] as const) {
    const before = proxy.sent.length;
    const failed: string[] = [];
    const fail = ({ id }: BulkLine, i: number) => {
      if (i % 3 !== 1) return undefined;
      failed.push(id);
      return itemError(code);
    };
    proxy.next(items(fail), events);
    await writer.burst(12);
    await journey.quiet();
    expect(failed.length).toBeGreaterThan(0);
    const again = proxy.sent.slice(before).filter(({ ids }) => failed.some((id) => ids.includes(id)));
    expect(
      again.slice(1).flatMap(({ ids }) => ids),
      'in the second request about them',
    ).toEqual(failed);
  }
  expect(await journey.end()).toEqual([]);
});

test.concurrent.each(['413', 'close'] as const)(
  'a limit on bodies that shows as %s splits requests, and what is too large alone arrives in the refused form',
  async (how) => {
    const bytesMax = 300_000;
    await using journey = await Journey.begin(url, undefined, { batchSeconds: 0.5 });
    const { proxy, writer } = journey;
    proxy.always = () => limit(bytesMax, how);
    await writer.line(eventWithBody('before', '{}'));
    const lines = Array.from({ length: 40 }, (_, i) =>
      eventWithBody(`part-${i}`, `{"data":"${'y'.repeat(20_000)}"}`),
    );
    await writer.many([...lines.slice(0, 20), large('large'), ...lines.slice(20)]);
    await writer.line(eventWithBody('after', '{}'));
    await journey.quiet();
    expect(Math.max(...proxy.sent.map(({ bytes }) => bytes))).toBeGreaterThan(bytesMax);
    expect(await journey.metric('auditseal_refused_events_total')).toBe(1);
    expect(await journey.retries(how === '413' ? 'too-large' : 'unreachable')).toBeGreaterThan(2);
    expect(await journey.end()).toEqual([]);
  },
);

test.concurrent(
  'what gets 429 alone again and again while the rest passes, and what a failure store swallows, arrives in the refused form',
  async () => {
    await using journey = await Journey.begin(url);
    const { proxy, writer, agent } = journey;
    const swallowed = Buffer.from('"auditID":"swallowed"');
    const item = ({ bytes, length }: BulkLine) => {
      if (length > 1_200_000) return itemError(429);
      if (!bytes.includes(swallowed)) return undefined;
      return { status: 201, failure_store: 'used' };
    };
    proxy.always = (exchange) => (exchange.incoming.url!.includes(events) ? items(item) : undefined);
    await writer.many([
      eventWithBody('a', '{}'),
      large('one'),
      eventWithBody('swallowed', '{}'),
      large('two'),
    ]);
    await writer.lines(2);
    await journey.quiet();
    expect(await journey.metric('auditseal_refused_events_total')).toBe(3);
    expect(
      agent
        .said(/refuses this event for good/u)
        .map((line) => (line['auditseal.refusal'] as { type: string }).type)
        .toSorted((a, b) => a.localeCompare(b)),
      // Without its bodies the swallowed one still has what it is swallowed for.
    ).toEqual([
      'es_rejected_execution_exception',
      'es_rejected_execution_exception',
      'failure_store',
      'failure_store',
    ]);
    expect(await journey.end()).toEqual([]);
  },
);
