import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { defaultPolicyFile } from '../../../agent/policy/index.ts';
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import { manifestsOf, startAgent, temporaryFolder, until, writeConfig } from '../../kit/agent/index.ts';
import { randomNamespace, refresh, rollover } from '../../kit/elasticsearch/index.ts';
import { securedElasticsearch } from '../../kit/elasticsearch/secured.ts';
import { kqlToDsl } from '../../kit/kql.ts';
import { ship } from '../../kit/corpus.ts';
import { shipped } from '../../kit/asked.ts';
import { allRows, countOf, rowsBody, send } from './asked.ts';
import { corpus } from './corpus.ts';
import { rowsOf, takes } from './plain.ts';
import type { PlainRow, RawEvent } from './plain.ts';
import { fill, placeholders, questions } from './questions.ts';
import type { Question } from './questions.ts';

/** Elasticsearch's own KQL needs a JDK and Maven; without them, the translation that is Kibana's is all. */
const node = await securedElasticsearch();
const url = node?.openUrl ?? inject('elasticsearchUrl');
const recorded = join(import.meta.dirname, '../../kit/fixtures/rotating');

/** Not all of the recording, so that a query that forgets its time is noticed. */
const values: Record<string, string> = {
  '<FROM>': '2026-11-23T00:53:15.800Z',
  '<TO>': '2026-11-23T01:06:10Z',
  '<USER>': 'alice',
  '<NAMESPACE>': 'lab',
  '<ROLE>': 'cluster-admin',
  '<USUAL>': '127.0.0.0/8',
  '<ZONE>': 'Europe/Berlin',
  '<AT>': '2026-11-23T01:02:20Z',
};

const all = await questions();
const ofRecords = [18, 19];
const ofRows = all.filter(({ number }) => takes[number]);

/** The same stream in a namespace of the test's own. */
function inNamespace({ stream }: Question, namespace: string): string {
  return stream.replace(/-auditseal$/u, `-${namespace}`);
}

function sorted(rows: readonly PlainRow[]): string[] {
  const texts = rows.map(({ key, ...row }) => JSON.stringify([Object.entries(key).toSorted(byName), row]));
  return texts.toSorted((a, b) => (a < b ? -1 : 1));
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function isInTime({ stageTimestamp }: RawEvent): boolean {
  const at = Date.parse(stageTimestamp);
  return at >= Date.parse(values['<FROM>']!) && at < Date.parse(values['<TO>']!);
}

test('the document has the questions in order, and explains every placeholder', async () => {
  expect(all.map(({ number }) => number)).toEqual(all.map((_, i) => i + 1));
  expect(all.length).toBeGreaterThanOrEqual(20);
  const used = all.flatMap(({ kql, dsl, esql }) =>
    [...`${kql}${dsl}${esql}`.matchAll(/<[A-Z-]+>/gu)].map(([name]) => name),
  );
  expect(new Set(await placeholders())).toEqual(new Set(used));
  expect(all.filter(({ number }) => !takes[number]).map(({ number }) => number)).toEqual([...ofRecords, 21]);
});

describe('on what a real kube-apiserver wrote, with copies as a rollover leaves them behind', () => {
  let events: RawEvent[];
  let namespace: string;

  beforeAll(async () => {
    const lines = await corpus();
    events = lines.map((line) => JSON.parse(line) as RawEvent);
    const made = await shipped(url, lines);
    ({ namespace } = made);
    await rollover(url, made.stream);
    await ship(made.client, namespace, lines.slice(0, 1500));
    await refresh(url, made.stream);
    await made.client.close();

    const secrets = Map.groupBy(
      events.filter(
        ({ verb, objectRef, stageTimestamp }) =>
          verb === 'get' &&
          objectRef?.resource === 'secrets' &&
          stageTimestamp > values['<FROM>']! &&
          stageTimestamp < values['<TO>']!,
      ),
      ({ objectRef }) => objectRef?.name,
    );
    const [name] = [...secrets].toSorted(([, a], [, b]) => b.length - a.length)[0]!;
    values['<NAME>'] = name!;
    values['<AUDIT-ID>'] = events.find(
      (event) => isInTime(event) && event.stage === 'ResponseStarted' && event.verb === 'watch',
    )!.auditID;
  });

  test.each(ofRows)(
    'question $number, $title: Query DSL counts what the raw lines hold',
    async (question) => {
      const dsl = fill(question.dsl, values);
      const columns = rowsBody
        .parse(JSON.parse(dsl))
        .aggs.rows.composite.sources.flatMap((source) => Object.keys(source));
      const wanted = events.filter((event) => isInTime(event) && takes[question.number]!(event, values));
      const expected = rowsOf(wanted, columns);
      expect(expected.length).toBeGreaterThan(0);
      expect(sorted(await allRows(url, inNamespace(question, namespace), dsl))).toEqual(sorted(expected));
    },
  );

  test('the last question finds what was logged in that minute, in order, each once', async () => {
    const question = all.at(-1)!;
    const answer = await send(url, inNamespace(question, namespace), fill(question.dsl, values));
    const hit = z.object({ fields: z.record(z.string(), z.array(z.unknown())) });
    const { hits } = z.object({ hits: z.object({ hits: z.array(hit) }) }).parse(answer).hits;
    const at = Date.parse(values['<AT>']!);
    const times = events
      .map(({ stageTimestamp }) => Date.parse(`${stageTimestamp.slice(0, 23)}Z`))
      .filter((time) => Math.abs(time - at) <= 30_000)
      .toSorted((a, b) => a - b);
    expect(times.length).toBeGreaterThan(20);
    expect(times.length).toBeLessThan(1000);
    expect(hits.map(({ fields }) => Date.parse(String(fields['@timestamp']?.[0])))).toEqual(times);
  });

  test.each(all.filter(({ number }) => !ofRecords.includes(number)))(
    'question $number, $title: KQL finds the same documents as Query DSL',
    async (question) => {
      const stream = inNamespace(question, namespace);
      const { query } = z
        .object({ query: z.record(z.string(), z.unknown()) })
        .parse(JSON.parse(fill(question.dsl, values)));
      await findsTheSame(stream, query, fill(question.kql, values));
    },
  );
});

/** The time, which Kibana's picker adds to a KQL query, is the first filter of each Query DSL form. */
async function findsTheSame(stream: string, query: Record<string, unknown>, kql: string): Promise<void> {
  const [time] = z
    .object({ bool: z.object({ filter: z.array(z.record(z.string(), z.unknown())) }) })
    .parse(query).bool.filter;
  expect(Object.keys(time ?? {})).toEqual(['range']);
  // Kibana translates KQL itself; Elasticsearch does it again, and otherwise, for `KQL()` in ES|QL.
  for (const asked of [kqlToDsl(kql), ...(node ? [{ kql: { query: kql } }] : [])]) {
    const whole = { bool: { filter: [time, asked] } };
    const both = { bool: { filter: [query, whole] } };
    const [found, same, common] = await Promise.all(
      [query, whole, both].map((each) => countOf(url, stream, each)),
    );
    expect(found).toBeGreaterThan(0);
    expect([same, common], JSON.stringify(asked)).toEqual([found, found]);
  }
}

describe('on the records of an agent under the default policy', () => {
  const namespace = randomNamespace();
  const now: Record<string, string> = { ...values };
  let lines = 0;

  beforeAll(async () => {
    await using place = await temporaryFolder();
    await mkdir(join(place.path, 'logs'));
    for (const name of await readdir(recorded)) {
      await copyFile(join(recorded, name), join(place.path, 'logs', name));
      lines += (await readFile(join(recorded, name), 'utf8')).split('\n').length - 1;
    }
    const config = await writeConfig(place.path, {
      elasticsearchUrl: url,
      namespace,
      more: { policyFile: defaultPolicyFile, batchEventsMax: 500 },
    });
    now['<FROM>'] = new Date(Date.now() - 60_000).toISOString();
    await using agent = await startAgent({ config });
    const read = async () =>
      (await agent.metrics()).get('auditseal_read_lines_total{source="kube-apiserver"}') === lines;
    await until(read, () => `not all of ${lines} lines were read: ${agent.tail()}`);
    expect(await agent.stop()).toBe(0);
    now['<TO>'] = new Date(Date.now() + 60_000).toISOString();
    await refresh(url, recordStream(namespace));
    await refresh(url, eventStream(namespace));
  });

  const sum = z.object({ value: z.number() });
  const recordSource = z.object({
    auditseal: z.object({ batch: z.number(), dropped_by: z.record(z.string(), z.number()) }),
  });
  const answerOf = async (number: number, shape: z.ZodRawShape) => {
    const question = all[number - 1]!;
    const answer = await send(url, inNamespace(question, namespace), fill(question.dsl, now));
    const bucket = z.object({ key: z.string(), ...shape });
    const schema = z.object({
      hits: z.object({
        hits: z.array(z.object({ _source: z.looseObject({}) })),
      }),
      aggregations: z.object({ logs: z.object({ buckets: z.array(bucket) }) }),
    });
    return schema.parse(answer);
  };

  test('18. what was dropped by policy: the sums and each rule’s count', async () => {
    const { hits, aggregations } = await answerOf(18, {
      records: sum,
      batches: sum,
      read: sum,
      kept: sum,
      dropped: sum,
    });
    const manifests = (await manifestsOf(url, namespace)).filter(
      ({ dropped }) => Object.keys(dropped).length > 0,
    );
    expect(aggregations.logs.buckets).toHaveLength(1);
    const { records, batches, read, kept, dropped } = aggregations.logs.buckets[0] as unknown as Record<
      string,
      { value: number }
    >;
    expect([records!.value, batches!.value]).toEqual([manifests.length, manifests.length]);
    expect(manifests.length).toBeGreaterThan(3);
    // Every line was read; what is not in the stream of events was dropped.
    const events = await countOf(url, eventStream(namespace), { match_all: {} });
    expect(dropped!.value).toBe(lines - events);
    expect(read!.value - kept!.value).toBe(dropped!.value);
    const told = hits.hits.map(({ _source }) => recordSource.parse(_source).auditseal);
    const inOrder = told.toSorted((a, b) => a.batch - b.batch);
    expect(inOrder.map(({ dropped_by: byRule }) => byRule)).toEqual(manifests.map((one) => one.dropped));
    const byRule = told.flatMap(({ dropped_by: counts }) => Object.values(counts));
    expect(byRule.reduce((a, b) => a + b, 0)).toBe(dropped!.value);
  });

  test('19. whether the log is complete: batches without a hole, no gap, days with events', async () => {
    const shape = { first_batch: sum, last_batch: sum, batches: sum, gaps: sum, first: sum, last: sum };
    const days = z.object({ buckets: z.array(z.object({ events: sum })) });
    const { aggregations } = await answerOf(19, { ...shape, days });
    const manifests = await manifestsOf(url, namespace);
    const [log] = aggregations.logs.buckets as unknown as (Record<keyof typeof shape, { value: number }> & {
      key: string;
      days: z.infer<typeof days>;
    })[];
    expect(log!.key).toBe(manifests[0]!.origin);
    expect([log!.first_batch.value, log!.last_batch.value, log!.batches.value]).toEqual([
      0,
      manifests.length - 1,
      manifests.length,
    ]);
    expect(log!.gaps.value).toBe(manifests.flatMap(({ gaps }) => gaps).length);
    expect([log!.first.value, log!.last.value]).toEqual(
      [manifests[0], manifests.at(-1)].map((manifest) => Date.parse(manifest!.sealedAt)),
    );
    const events = log!.days.buckets.reduce((total, day) => total + day.events.value, 0);
    expect(events).toBe(await countOf(url, eventStream(namespace), { match_all: {} }));
  });

  test.each(ofRecords)('question %i: KQL finds the same records as Query DSL', async (number) => {
    const question = all[number - 1]!;
    const { query } = z
      .object({ query: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse(fill(question.dsl, now)));
    await findsTheSame(inNamespace(question, namespace), query, fill(question.kql, now));
  });
});
