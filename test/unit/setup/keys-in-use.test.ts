import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test as always } from 'vitest';
import { z } from 'zod';
import { eventStream, recordStream, verdictStream } from '../../../agent/streams/index.ts';
import {
  collect,
  countEvents,
  difference,
  startAgent,
  temporaryFolder,
  until,
  Writer,
  writeConfig,
} from '../../kit/agent/index.ts';
import { allDocuments, backingIndices, randomNamespace, refresh } from '../../kit/elasticsearch/index.ts';
import { securedElasticsearch } from '../../kit/elasticsearch/secured.ts';
import { auditseal } from '../../kit/installation.ts';
import { administrator, setup } from './command.ts';
import { ask, keysOf } from './keys.ts';
import { Secured } from './secured.ts';

const node = await securedElasticsearch();
const test = always.skipIf(!node);
const open = node?.openUrl ?? '';

/** Keys made by setup. What uses them talks to Elasticsearch itself: no stand-in is between. */
async function scene() {
  const folder = await temporaryFolder();
  const namespace = randomNamespace();
  await using server = await Secured.start(node!.openUrl);
  const options = await administrator(folder.path, server.url, namespace);
  const [agent, read, verdict] = ['agent-key', 'read-key', 'verdict-key'].map((name) =>
    join(folder.path, name),
  );
  const keys = ['--output-key-file', agent!, '--with-lookup-key', read!, '--with-verdict-key', verdict!];
  const made = await setup(...options, ...keys);
  expect(made, made.error).toMatchObject({ code: 0, error: '' });
  const config = await writeConfig(folder.path, {
    elasticsearchUrl: node!.url,
    namespace,
    elasticsearch: { apiKeyFile: agent!, installTemplates: false },
  });
  return {
    namespace,
    config,
    files: { agent: agent!, read: read!, verdict: verdict! },
    writer: await Writer.make(folder.path),
    /** Setup once more, which tries the keys that are there. */
    async again() {
      await using other = await Secured.start(node!.openUrl);
      return await setup(...options.with(options.indexOf('--url') + 1, other.url), ...keys);
    },
    async rotate() {
      await using again = await Secured.start(node!.openUrl);
      const connection = options.with(options.indexOf('--url') + 1, again.url);
      const rotated = await setup(...connection, '--output-key-file', agent!, '--rotate-key');
      expect(rotated, rotated.error).toMatchObject({ code: 0 });
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** A request with the key of a file, without a client of ours in between. */
async function send(file: string, method: string, path: string, body?: object | string): Promise<number> {
  const content = typeof body === 'object' ? JSON.stringify(body) : body;
  const answer = await fetch(`${node!.url}${path}`, {
    method,
    headers: {
      authorization: `ApiKey ${(await readFile(file, 'utf8')).trim()}`,
      'content-type': path.endsWith('_bulk') ? 'application/x-ndjson' : 'application/json',
    },
    ...(content !== undefined && { body: content }),
  });
  const text = await answer.text();
  if (!path.endsWith('_bulk') || !answer.ok) return answer.status;
  const { items } = z
    .object({ items: z.array(z.record(z.string(), z.object({ status: z.int() }))) })
    .parse(JSON.parse(text));
  return Object.values(items[0]!)[0]!.status;
}

/** The key of a file as Beats want it. */
async function pairOf(file: string): Promise<string> {
  return Buffer.from(await readFile(file, 'utf8'), 'base64').toString();
}

/** The key of a file as Elasticsearch answered when it was made. */
async function answerOf(file: string): Promise<string> {
  const [id, secret] = (await pairOf(file)).split(':');
  return JSON.stringify({ id, name: 'k', api_key: secret, encoded: (await readFile(file, 'utf8')).trim() });
}

async function documents(stream: string): Promise<string[]> {
  await refresh(open, stream);
  const found: string[] = [];
  for await (const { id, source } of allDocuments(open, stream)) found.push(`${id} ${source.toString()}`);
  return found.toSorted();
}

test('a wrong key, and one that is made invalid in the middle, cost no event: with the key that its file has then, all arrives once', async () => {
  await using at = await scene();
  const right = await readFile(at.files.agent, 'utf8');
  await writeFile(at.files.agent, `${Buffer.from('nobody:nothing').toString('base64')}\n`);
  await using agent = await startAgent({ config: at.config });
  const refusals = () =>
    agent.logs.filter(({ error }) => {
      const { code, message } = Object(error) as Record<string, unknown>;
      return code === 'unauthorized' && String(message).includes('401');
    }).length;
  const until401 = async (known = 0) =>
    await until(
      () => refusals() > known,
      () => `nothing was said of 401: ${agent.tail()}`,
    );
  const untilThere = async (count: number) =>
    await until(
      async () => (await countEvents(open, at.namespace)) === count,
      () => `not all of ${count} events arrived: ${agent.tail()}`,
    );
  await at.writer.burst(30);
  await until401();
  expect(await agent.probe('healthz')).toBe(200);
  expect(await countEvents(open, at.namespace)).toBe(0);
  await writeFile(at.files.agent, right);
  await untilThere(30);

  const [key] = await keysOf(open, at.namespace);
  expect(key?.name).toBe(`auditseal-agent-${at.namespace}`);
  const known = refusals();
  await ask(open, 'DELETE', '/_security/api_key', { ids: [key?.id] });
  await at.writer.burst(30);
  await until401(known);
  expect(await countEvents(open, at.namespace)).toBe(30);
  await rm(at.files.agent);
  await at.rotate();
  await untilThere(60);
  expect(await agent.stop()).toBe(0);
  expect(difference(at.writer.written, await collect(open, at.namespace))).toEqual([]);

  const connection = ['--url', node!.url, '--api-key-file', at.files.read, '--namespace', at.namespace];
  for (const stream of [eventStream, recordStream]) await refresh(open, stream(at.namespace));
  const verified = await auditseal(['verify', ...connection, '--verdict-api-key-file', at.files.verdict]);
  expect(verified, verified.stderr).toMatchObject({ code: 0 });
  expect(await documents(verdictStream(at.namespace))).toEqual([
    expect.stringContaining('"verdict":"verified"'),
  ]);
  const told = await auditseal(['who', ...connection, '--json']);
  // One of the lines is no audit event: the answer is not sure.
  expect(told, told.stderr).toMatchObject({ code: 3 });
  expect(JSON.parse(told.stdout.at(-1) ?? '')).toMatchObject({ type: 'summary', events: 60 });
});

test('keys of setup work for the agent, setup, verify and who in each form that people have them in', async () => {
  await using at = await scene();
  const { agent: agentFile, read, verdict } = at.files;
  const forms: [string, string][] = [
    [agentFile, await pairOf(agentFile)],
    [read, await answerOf(read)],
    [verdict, `"${(await readFile(verdict, 'utf8')).trim()}"`],
  ];
  for (const [file, form] of forms) await writeFile(file, `${form}\n`);
  await using agent = await startAgent({ config: at.config });
  await at.writer.burst(20);
  await until(
    async () => (await countEvents(open, at.namespace)) === 20,
    () => `not all events arrived: ${agent.tail()}`,
  );
  expect(await agent.stop()).toBe(0);
  for (const stream of [eventStream, recordStream]) await refresh(open, stream(at.namespace));
  const connection = ['--url', node!.url, '--api-key-file', read, '--namespace', at.namespace];
  const verified = await auditseal(['verify', ...connection, '--verdict-api-key-file', verdict]);
  expect(verified, verified.stderr).toMatchObject({ code: 0 });
  const told = await auditseal(['who', ...connection, '--json']);
  // One of the lines is no audit event: the answer is not sure.
  expect(told, told.stderr).toMatchObject({ code: 3 });
  expect(await at.again()).toMatchObject({ code: 0, error: '' });
});

test('who has stolen a key can add documents where it may create some, and neither read, change nor remove any', async () => {
  await using at = await scene();
  await using agent = await startAgent({ config: at.config });
  await at.writer.burst(20);
  await until(
    async () => (await countEvents(open, at.namespace)) === 20,
    () => `not all events arrived: ${agent.tail()}`,
  );
  expect(await agent.stop()).toBe(0);
  const streams = [eventStream, recordStream].map((stream) => stream(at.namespace));
  const before = await Promise.all(streams.map(async (stream) => await documents(stream)));
  const { agent: thief, read, verdict } = at.files;
  for (const [i, stream] of streams.entries()) {
    const id = before[i]![0]!.split(' ')[0]!;
    const [index] = await backingIndices(open, stream);
    const { _seq_no: at0, _primary_term: term } = z
      .object({ _seq_no: z.int(), _primary_term: z.int() })
      .parse(await ask(open, 'GET', `/${index}/_doc/${id}`));
    const now = `if_seq_no=${at0}&if_primary_term=${term}`;
    const document = { '@timestamp': '2026-11-23T01:00:00Z' };
    const bulk = (action: string) =>
      `{"${action}":{"_id":"${id}"}}\n${action === 'delete' ? '' : `${JSON.stringify(action === 'update' ? { doc: {} } : document)}\n`}`;
    const refused: [string, string, (object | string)?][] = [
      ['GET', `/${index}/_doc/${id}`],
      ['GET', `/${stream}/_search`],
      ['GET', `/${stream}/_count`],
      ['POST', `/${stream}/_pit?keep_alive=1m`],
      ['PUT', `/${index}/_doc/${id}?${now}`, document],
      ['POST', `/${index}/_update/${id}`, { doc: {} }],
      ['DELETE', `/${index}/_doc/${id}?${now}`],
      ['POST', `/${stream}/_bulk`, bulk('index')],
      ['POST', `/${stream}/_bulk`, bulk('update')],
      ['POST', `/${stream}/_bulk`, bulk('delete')],
      ['POST', `/${index}/_bulk`, bulk('index')],
      ['POST', `/${index}/_bulk`, bulk('delete')],
      ['DELETE', `/${index}`],
      ['POST', `/${stream}/_rollover`],
      ['POST', `/${index}/_close`],
      ['PUT', `/${stream}/_settings`, { 'index.number_of_replicas': 1 }],
      ['PUT', `/${stream}/_mapping`, { properties: { x: { type: 'keyword' } } }],
      ['GET', `/${stream}/_settings`],
      ['PUT', `/_index_template/auditseal-events-${at.namespace}`, { index_patterns: [stream] }],
      ['POST', '/_security/api_key', { name: 'more' }],
      ['DELETE', '/_security/api_key', { name: `auditseal-agent-${at.namespace}` }],
      ['GET', '/_cluster/state'],
    ];
    for (const [method, path, body] of refused) {
      // Of a data stream, and of its backing indices without a version, bulk overwrites nothing, whoever asks.
      const statuses = path.endsWith('/_bulk') ? [400, 403] : [403];
      expect(statuses, `agent's key: ${method} ${path}`).toContain(await send(thief, method, path, body));
      if (/_search|_count|_pit|\/_settings|GET/u.test(`${method} ${path}`)) continue;
      expect(statuses, `key that reads: ${method} ${path}`).toContain(await send(read, method, path, body));
      expect(statuses, `verdict's key: ${method} ${path}`).toContain(await send(verdict, method, path, body));
    }
    // What it may: a creation, and one under an _id that is taken changes nothing.
    expect(await send(thief, 'POST', `/${stream}/_bulk`, bulk('create'))).toBe(409);
    expect(await send(verdict, 'POST', `/${stream}/_bulk`, bulk('create'))).toBe(403);
  }
  expect(await Promise.all(streams.map(async (stream) => await documents(stream)))).toEqual(before);
});
