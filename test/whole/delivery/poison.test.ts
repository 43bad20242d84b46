import { sample } from 'fast-check';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { eventStream } from '../../../agent/streams/index.ts';
import { allDocuments, refresh } from '../../kit/elasticsearch/index.ts';
import { hostileLine } from './hostile.ts';
import { Journey } from './journey.ts';
import { fetchAgain } from '../../kit/fetch-again.ts';

const url = inject('elasticsearchUrl');
const seed = Number(process.env['AUDITSEAL_SEED'] ?? Date.now() % 2 ** 32);
const linesMax = 250;

const head = z.object({
  '@timestamp': z.string(),
  event: z.object({ kind: z.string(), action: z.string().optional(), sequence: z.int() }),
  user: z.object({ name: z.string().optional() }).optional(),
  orchestrator: z.object({ resource: z.object({ type: z.string().optional() }).optional() }),
  http: z.object({ response: z.object({ status_code: z.int() }) }).optional(),
  error: z.object({ message: z.string() }),
});
type Head = z.infer<typeof head>;

/** By these an event is found whatever of it Elasticsearch refused. */
const searched = ['event.action', 'user.name', 'orchestrator.resource.type', 'http.response.status_code'];

/** What the index, not `_source`, says of the documents that are marked as poison. */
async function indexed(stream: string): Promise<Map<number, Record<string, unknown[]>>> {
  const body = {
    size: 10_000,
    query: {
      bool: {
        filter: [{ term: { 'event.kind': 'pipeline_error' } }, { range: { '@timestamp': { gte: 0 } } }],
      },
    },
    _source: false,
    docvalue_fields: ['@timestamp', 'event.sequence', ...searched],
  };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetchAgain(`${url}/${stream}/_search`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  const hits = z.object({
    hits: z.object({ hits: z.array(z.object({ fields: z.record(z.string(), z.array(z.unknown())) })) }),
  });
  const found = hits.parse(await answer.json()).hits.hits;
  return new Map(found.map(({ fields }) => [Number(fields['event.sequence']?.[0]), fields]));
}

test(`hostile events all arrive and verify; what is refused is refused once, marked, and found by its ECS fields (seed ${seed})`, async () => {
  await using journey = await Journey.begin(url);
  const { writer, namespace, agent } = journey;
  const lines = Array.from(
    { length: linesMax },
    (_, n) => sample(hostileLine(n), { seed: seed + n, numRuns: 1 })[0]!,
  );
  for (let at = 0; at < lines.length; at += 50) await writer.many(lines.slice(at, at + 50));
  await journey.quiet();
  const stream = eventStream(namespace);
  await refresh(url, stream);
  const refused: Head[] = [];
  for await (const { source } of allDocuments(url, stream)) {
    if (!source.includes(',"auditseal.refused":"')) continue;
    refused.push(head.parse(JSON.parse(source.toString())));
  }
  // Else the lines are too tame to prove anything.
  expect(refused.length).toBeGreaterThan(linesMax / 10);
  expect(await journey.metric('auditseal_refused_events_total')).toBe(refused.length);
  expect(await journey.retries('refused'), `refused in the refused form, too: ${agent.tail()}`).toBe(0);

  const found = await indexed(stream);
  expect(refused.map(({ event }) => event.kind)).toEqual(refused.map(() => 'pipeline_error'));
  expect(
    refused.map(({ event }) => {
      const fields = found.get(event.sequence);
      return [fields?.['@timestamp']?.length, ...searched.map((field) => fields?.[field]?.[0])];
    }),
  ).toEqual(
    refused.map(({ event, user, orchestrator, http }) => [
      1,
      event.action,
      user?.name,
      orchestrator.resource?.type,
      http?.response.status_code,
    ]),
  );
  expect(refused.some(({ user }) => user?.name?.startsWith('hostile-'))).toBe(true);
  // Never shown to Elasticsearch as they are: it would overflow its stack.
  expect(refused.some(({ error }) => error.message.startsWith('nested deeper'))).toBe(true);
  expect(await journey.end()).toEqual([]);
});
