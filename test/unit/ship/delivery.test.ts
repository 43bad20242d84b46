import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BulkItem } from '../../../agent/elasticsearch/bulk.ts';
import { deliver } from '../../../agent/ship/delivery.ts';
import type { Destination } from '../../../agent/ship/delivery.ts';
import { ElasticsearchError } from '../../../agent/elasticsearch/error.ts';
import { bulkBodiesOf, bulkBodyOf, creationsOf, gzipBytesOf } from '../../../agent/ship/bulk-body.ts';
import type { BulkBody } from '../../../agent/ship/bulk-body.ts';

const created: BulkItem = { status: 201 };

/** From 100 on, documents of more than a mebibyte. */
function creation(index: number): { index: number; bytes: Buffer } {
  const more = 'x'.repeat(index < 100 ? 0 : 1024 * 1024);
  return { index, bytes: Buffer.from(`{"create":{"_id":"${index}"}}\n{"n":${index},"more":"${more}"}\n`) };
}

async function bodyOf(...indexes: number[]): Promise<BulkBody> {
  return await bulkBodyOf(indexes.map(creation));
}

/** Elasticsearch as a function from index to answer, by the number of times that it was asked about it. */
function server(answer: (index: number, time: number) => BulkItem | ElasticsearchError): {
  send: Destination['send'];
  requests: number[][];
} {
  const times = new Map<number, number>();
  const requests: number[][] = [];
  const send: Destination['send'] = async (body) => {
    const indexes = [
      ...gunzipSync(gzipBytesOf(body))
        .toString()
        .matchAll(/"_id":"(\d+)"/gu),
    ].map(([, index]) => Number(index));
    requests.push(indexes);
    const answers = indexes.map((index) => {
      const time = (times.get(index) ?? 0) + 1;
      times.set(index, time);
      return answer(index, time);
    });
    const failed = answers.find((one) => one instanceof ElasticsearchError);
    if (failed) throw failed;
    return answers as BulkItem[];
  };
  return { send, requests };
}

const to = (send: Destination['send']): Destination => ({ stream: 'logs-here', send });
const options = () => ({ signal: new AbortController().signal, onFailure: () => undefined });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lets every pause between tries pass. */
async function run<T>(work: Promise<T>): Promise<T> {
  const state = { finished: false };
  const finish = () => (state.finished = true);
  work.then(finish, finish);
  while (!state.finished) await vi.advanceTimersByTimeAsync(1000);
  return await work;
}

test('only the documents that failed for now are sent again, and a 409 is done', async () => {
  const { send, requests } = server((index, time) =>
    index === 2 && time < 3 ? { status: 429 } : index === 3 ? { status: 409 } : created,
  );
  expect(await run(deliver(await bodyOf(1, 2, 3), to(send), options()))).toEqual([]);
  expect(requests).toEqual([[1, 2, 3], [2], [2]]);
});

test('a whole request that fails is sent again as it was', async () => {
  const { send, requests } = server((_index, time) =>
    time === 1 ? new ElasticsearchError('rejected', '503') : created,
  );
  expect(await run(deliver(await bodyOf(1, 2), to(send), options()))).toEqual([]);
  expect(requests).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('what is too large is split down to the document that is too large alone', async () => {
  const { send, requests } = server((index) =>
    index === 3 ? new ElasticsearchError('too-large', '413') : created,
  );
  const poison = await run(deliver(await bodyOf(1, 2, 3, 4), to(send), options()));
  expect(poison).toMatchObject([{ index: 3, status: 413 }]);
  expect(requests).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]]);
});

test('a connection that breaks again and again may be a request that is too large', async () => {
  const { send, requests } = server(() => created);
  const breaking: Destination['send'] = async (body, signal) => {
    const items = await send(body, signal);
    if (body.indexes.length > 1) throw new ElasticsearchError('unreachable', 'socket closed');
    return items;
  };
  expect(await run(deliver(await bodyOf(1, 2), to(breaking), options()))).toEqual([]);
  expect(requests).toEqual([[1, 2], [1, 2], [1, 2], [1], [2]]);
});

test('a refusal for good names the document, and the others are not sent again', async () => {
  const error = { type: 'document_parsing_exception', reason: 'duplicate field' };
  const { send, requests } = server((index) => (index === 2 ? { status: 400, error } : created));
  expect(await run(deliver(await bodyOf(1, 2, 3), to(send), options()))).toEqual([
    { index: 2, status: 400, type: error.type, message: error.reason },
  ]);
  expect(requests).toHaveLength(1);
});

test('a 400 that is about the index and a missing privilege are not the document’s fault', async () => {
  const { send } = server((index, time) => {
    if (time > 2) return created;
    return index === 1
      ? { status: 400, error: { type: 'validation_exception', reason: 'too many shards' } }
      : { status: 403, error: { type: 'security_exception', reason: 'no' } };
  });
  expect(await run(deliver(await bodyOf(1, 2), to(send), options()))).toEqual([]);
});

const rejected: BulkItem = {
  status: 429,
  error: { type: 'es_rejected_execution_exception', reason: 'too large' },
};

test('a large document that gets 429 alone again and again is refused, so that it cannot stop the log', async () => {
  const { send, requests } = server((index) => (index === 102 ? rejected : created));
  expect(await run(deliver(await bodyOf(1, 102, 3), to(send), options()))).toEqual([
    {
      index: 102,
      status: 429,
      type: 'es_rejected_execution_exception',
      message: expect.stringContaining('too large') as unknown,
    },
  ]);
  expect(requests.slice(1).every((request) => request.length === 1)).toBe(true);
  expect(requests.length).toBeGreaterThanOrEqual(5);
});

test('several such documents are taken apart first, so that they do not hide behind each other', async () => {
  const { send } = server((index) => (index > 100 ? rejected : created));
  const poison = await run(deliver(await bodyOf(101, 1, 102, 103), to(send), options()));
  expect(poison.map(({ index }) => index)).toEqual([101, 102, 103]);
});

test('a small document that gets 429 is not to blame, nor a large one while a disk is full', async () => {
  const full = { status: 429, error: { type: 'cluster_block_exception', reason: 'disk usage' } };
  const { send, requests } = server((index, time) => (time > 20 ? created : index === 101 ? full : rejected));
  expect(await run(deliver(await bodyOf(1), to(send), options()))).toEqual([]);
  expect(await run(deliver(await bodyOf(101), to(send), options()))).toEqual([]);
  expect(requests).toHaveLength(42);
});

test('what a large document alone fails with is forgotten when it fails otherwise in between', async () => {
  const { send } = server((_index, time) =>
    time > 20
      ? created
      : time % 4 === 0
        ? new ElasticsearchError('rejected', '503', { status: 503 })
        : rejected,
  );
  expect(await run(deliver(await bodyOf(101), to(send), options()))).toEqual([]);
});

test('a document that makes Elasticsearch fail again and again while others pass is refused', async () => {
  const { send } = server((index) =>
    index === 2 ? { status: 500, error: { type: 'null_pointer_exception', reason: '' } } : created,
  );
  expect(await run(deliver(await bodyOf(1, 2, 3), to(send), options()))).toMatchObject([
    { index: 2, status: 500, type: 'null_pointer_exception' },
  ]);
  const alone = server((_index, time) => (time > 20 ? created : { status: 500 }));
  expect(await run(deliver(await bodyOf(1), to(alone.send), options())), 'nothing else passed').toEqual([]);
});

test('a large document alone that breaks the connection again and again is refused; a small one is not', async () => {
  const { send } = server((index, time) =>
    index > 100 || time < 20 ? new ElasticsearchError('unreachable', 'socket closed') : created,
  );
  expect(await run(deliver(await bodyOf(1, 101), to(send), options()))).toMatchObject([
    { index: 101, status: 0, type: 'unreachable' },
  ]);
});

test('what was never sent is never taken apart', async () => {
  const { send, requests } = server((_index, time) =>
    time > 20 ? created : new ElasticsearchError('unreachable', 'no connection', { unsent: true }),
  );
  expect(await run(deliver(await bodyOf(1, 101, 102), to(send), options()))).toEqual([]);
  expect(requests.every(({ length }) => length === 3)).toBe(true);
});

test('a request that is too much for the memory of Elasticsearch is taken apart', async () => {
  const breaker = '429 {"error":{"type":"circuit_breaking_exception"}}';
  const { send, requests } = server(() => created);
  const breaking: Destination['send'] = async (body, signal) => {
    const answered = await send(body, signal);
    if (body.indexes.length > 1) throw new ElasticsearchError('rejected', breaker, { status: 429 });
    return answered;
  };
  expect(await run(deliver(await bodyOf(1, 2), to(breaking), options()))).toEqual([]);
  expect(requests).toEqual([[1, 2], [1, 2], [1, 2], [1], [2]]);
});

test('each split is told as what it was', async () => {
  const told: string[] = [];
  const { send } = server(() => created);
  const limited: Destination['send'] = async (body, signal) => {
    const answered = await send(body, signal);
    if (body.indexes.length > 1) throw new ElasticsearchError('too-large', '413', { status: 413 });
    return answered;
  };
  const onFailure = (error: Error) => told.push(error.message);
  expect(await run(deliver(await bodyOf(1, 2, 3), to(limited), { ...options(), onFailure }))).toEqual([]);
  expect(told).toEqual(['413', '413']);
});

test('a document that a failure store swallowed with success is refused, not done', async () => {
  const { send } = server((index) => (index === 1 ? { status: 201, failureStore: 'used' } : created));
  expect(await run(deliver(await bodyOf(1, 2), to(send), options()))).toMatchObject([
    { index: 1, type: 'failure_store' },
  ]);
});

test('an abort ends the tries', async () => {
  const stop = new AbortController();
  const { send } = server(() => new ElasticsearchError('unreachable', 'away'));
  const failing = deliver(await bodyOf(1), to(send), {
    signal: stop.signal,
    onFailure: () => stop.abort(new Error('stopped')),
  });
  await expect(run(failing)).rejects.toThrow('stopped');
});

test('members are sent together up to the limit, as they were stored', async () => {
  const members = (await Promise.all([bodyOf(0, 1), bodyOf(2), bodyOf(3, 4)])).flatMap((one) => one.members);
  const bytes = members.map((member) => member.bytes);
  const bodies = bulkBodiesOf(members, bytes[0]! + bytes[1]!);
  expect(bodies.map(({ indexes }) => indexes)).toEqual([
    [0, 1, 2],
    [3, 4],
  ]);
  expect(gzipBytesOf(bodies[0]!)).toEqual(Buffer.concat(members.slice(0, 2).map(({ body }) => body)));
  expect(await creationsOf(bodies[0]!)).toEqual([0, 1, 2].map(creation));
});

test.each([
  ['200, as a drop processor answers', { status: 200 }],
  ['202, which nothing of ours asks for', { status: 202 }],
])(
  'what is reported as a success and was not created (%s) is sent until it is, and named',
  async (_name, item) => {
    const { send, requests } = server((index, time) => (index !== 1 && time < 9 ? item : created));
    const failures: Error[] = [];
    const onFailure = (error: Error) => failures.push(error);
    expect(await run(deliver(await bodyOf(1, 2, 3), to(send), { ...options(), onFailure }))).toEqual([]);
    expect(requests).toEqual([[1, 2, 3], ...Array.from({ length: 8 }, () => [2, 3])]);
    expect(new Set(failures.map((error) => Reflect.get(error, 'code')))).toEqual(new Set(['dropped']));
    expect(failures[0]!.message).toContain('the document of index 2 (and of 1 more) was answered with');
    expect(failures[0]!.message).toContain('GET /logs-here/_settings');
  },
);

test('a pipeline that is not there says nothing about a document', async () => {
  const reason = 'pipeline with id [gone] does not exist';
  const gone = { status: 400, error: { type: 'illegal_argument_exception', reason } };
  const { send, requests } = server((_index, time) => (time < 9 ? gone : created));
  expect(await run(deliver(await bodyOf(1, 2), to(send), options()))).toEqual([]);
  expect(requests).toHaveLength(9);
});
