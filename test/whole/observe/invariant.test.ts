import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { refusedEvent, until } from '../../kit/agent/index.ts';
import type { AgentProcess } from '../../kit/agent/index.ts';
import { Random } from '../../kit/random.ts';
import { Scene } from '../../kit/scene.ts';
import { SlowElasticsearch } from '../../kit/slow-elasticsearch.ts';
import { scrape, sumOf } from '../../kit/scrape.ts';
import type { Scrape } from '../../kit/scrape.ts';

const url = inject('elasticsearchUrl');

const policy = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - name: noise
    level: None
    users: [noise]
  - name: bodiless
    level: Metadata
    users: [bodiless]
  - name: everything
    level: RequestResponse
`;

const event = (auditId: string, user: string, data = 'x') =>
  `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"${auditId}","stage":"ResponseComplete","requestURI":"/","verb":"create","user":{"username":"${user}"},"sourceIPs":["127.0.0.1"],"requestObject":{"data":"${data}"},"requestReceivedTimestamp":"2026-11-23T01:06:03.433599Z","stageTimestamp":"2026-11-23T01:06:03.433599Z"}`;

/** One of each kind that is counted in its own way. */
function oddLines(n: number): string[] {
  return [
    event(`kept-${n}`, 'alice'),
    event(`dropped-${n}`, 'noise'),
    event(`reduced-${n}`, 'bodiless'),
    `{"kind":"Event","torn":"${n}${event(`glued-${n}`, 'noise')}`,
    `no event at all: ${n}`,
    event(`long-${n}`, 'alice', 'y'.repeat(300_000)),
    `a long text ${n} ${'z'.repeat(300_000)}`,
    ...(n % 5 === 0 ? [refusedEvent(`refused-${n}`)] : []),
  ];
}

interface Balance {
  in: number;
  out: number;
  waiting: number;
}

/** What the metrics say must be equal at every scrape: read + pieces, and dropped + shipped + waiting. */
function balance(found: Scrape): Balance {
  const sum = (name: string) => sumOf(found, `auditseal_${name}`, { source: 'kube-apiserver' });
  const waiting = sum('waiting_events');
  return {
    in: sum('read_lines_total') + sum('pieces_total'),
    out: sum('dropped_events_total') + sum('shipped_events_total') + waiting,
    waiting,
  };
}

/** Scrapes at random instants until it is told to stop. */
async function watch(agent: AgentProcess, random: Random, seen: Balance[], work: { done: boolean }) {
  while (!work.done) {
    seen.push(balance(await scrape(agent.port)));
    await delay(random.integer(0, 15));
  }
}

/** It was really busy: many different states, with something that waited. */
function isEnough(seen: readonly Balance[]): boolean {
  return new Set(seen.map((each) => each.in)).size > 10 && seen.filter((each) => each.waiting > 0).length > 5;
}

test('at every scrape of a busy agent read + pieces = dropped + shipped + waiting, also after a kill and a start', async () => {
  await using slow = await SlowElasticsearch.start(url, 30);
  await using scene = await Scene.make({ url: slow.url });
  await writeFile(join(scene.folder, 'counting.yaml'), policy);
  const more = {
    policyFile: join(scene.folder, 'counting.yaml'),
    entryBytesMax: 256 * 1024,
    batchEventsMax: 20,
  };
  await scene.configure({ url: slow.url, more });
  const random = new Random(20_261_123);
  let rounds = 0;
  let before: Scrape | undefined;
  for (const life of ['killed', 'stopped'] as const) {
    const agent = await scene.start();
    expect(agent.state, agent.tail()).toBe('ready');
    if (before) {
      const first = await scrape(agent.port);
      for (const kind of ['read_lines', 'pieces', 'dropped_events', 'malformed', 'sealed_events'])
        expect(sumOf(first, `auditseal_${kind}_total`), kind).toBeGreaterThanOrEqual(
          sumOf(before, `auditseal_${kind}_total`),
        );
    }
    const work = { done: false };
    const seen: Balance[] = [];
    const watching = watch(agent, random, seen, work);
    const writeSome = async () => {
      for (const line of oddLines(rounds)) await scene.writer.line(line);
      rounds += 1;
      await delay(random.integer(0, 30));
      return rounds >= 20 && isEnough(seen);
    };
    await until(writeSome, () => agent.tail());
    if (life === 'stopped')
      await until(
        async () => {
          const found = await scrape(agent.port);
          const read = sumOf(found, 'auditseal_read_lines_total');
          return read === scene.writer.count && balance(found).waiting === 0;
        },
        () => agent.tail(),
      );
    work.done = true;
    await watching;
    expect(seen.filter((each) => each.in !== each.out)).toEqual([]);
    before = await scrape(agent.port);
    if (life === 'killed') await agent.kill();
  }
  // Of every kind, by the numbers that the writer knows: a glued line is two entries, a text and one that is dropped.
  const sum = (name: string, labels = {}) => sumOf(before!, `auditseal_${name}`, labels);
  expect({
    read: sum('read_lines_total'),
    pieces: sum('pieces_total'),
    dropped: sum('dropped_events_total', { rule: 'noise' }),
    reduced: sum('reduced_events_total', { rule: 'bodiless' }),
    malformed: sum('malformed_total'),
    refused: sum('refused_events_total'),
    waiting: sum('waiting_events'),
    bytes: sum('read_bytes_total'),
  }).toEqual({
    read: scene.writer.count,
    pieces: rounds,
    dropped: 2 * rounds,
    reduced: rounds,
    malformed: 3 * rounds,
    refused: Math.ceil(rounds / 5),
    waiting: 0,
    bytes: [...scene.writer.written.keys()].reduce((bytes, line) => bytes + line.length + 1, 0),
  });
  expect(await scene.agent?.stop()).toBe(0);
});
