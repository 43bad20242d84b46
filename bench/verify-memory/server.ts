import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StoredDocument } from '../../agent/verify/index.ts';
import { GeneratedLog } from './log.ts';

interface Search {
  size: number;
  pit?: { id: string };
  query?: { bool: { filter?: object[]; must_not?: object[] } };
  search_after?: number[];
}

/** Answers points in time and searches as Elasticsearch does, from a log that is made up: `node server.ts EVENTS`. */
const log = new GeneratedLog(Number(process.argv[2]));
const server = createServer((request, response) => void answer(request, response));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`${address?.port}\n`);
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('x-elastic-product', 'Elasticsearch').setHeader('content-type', 'application/json');
  const text = Buffer.concat(await request.toArray()).toString();
  if (request.url!.includes('/_pit')) {
    const id = request.url!.includes('auditseal.batch') ? 'records' : 'events';
    response.end(`{"id":"${id}","_shards":{"failed":0}}`);
    return;
  }
  await pipeline(Readable.from(hits(JSON.parse(text) as Search)), response);
}

/** In pieces of many hits, as a server with a buffer sends them. */
async function* hits(search: Search): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [
    Buffer.from(
      `{"pit_id":"${search.pit?.id}","timed_out":false,"_shards":{"failed":0},"hits":{"max_score":null,"hits":[`,
    ),
  ];
  let taken = 0;
  for (const [document, sort] of found(search)) {
    if (taken === search.size) break;
    const { index, id, source } = document;
    pieces.push(
      Buffer.from(`${taken === 0 ? '' : ','}{"_index":"${index}","_id":"${id}","_score":null,"_source":`),
    );
    pieces.push(source, Buffer.from(`,"sort":${JSON.stringify(sort)}}`));
    taken += 1;
    if (pieces.length < 100) continue;
    yield Buffer.concat(pieces);
    pieces = [];
  }
  yield Buffer.concat([...pieces, Buffer.from(']}}')]);
}

function* found({ pit, query, search_after: after }: Search): Generator<[StoredDocument, unknown[]]> {
  const clause = query?.bool.filter?.[0] ?? {};
  if ('exists' in clause) yield [log.records[0]!, [log.origin, 0]];
  if (!('term' in clause)) return;
  const from = after === undefined ? 0 : after[0]! + 1;
  if (pit?.id === 'records')
    for (let batch = from; batch < log.records.length; batch += 1)
      yield [log.records[batch]!, [batch, batch]];
  else for (const document of log.eventsFrom(from)) yield [document, [document.at, document.at]];
}
