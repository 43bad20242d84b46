import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { searchAnswer } from '../../../kit/seal/dump.ts';
import type { Written } from '../../../kit/seal/log.ts';
import { inReadingOrder } from '../../../kit/seal/streams.ts';

type Misbehave = (
  request: { path: string; body: string },
  answer: Buffer,
  response: ServerResponse,
) => 'misbehaved' | undefined;

/** An Elasticsearch in miniature for what the real one cannot be made to do; every answer can be spoilt. */
export class MisbehavingServer implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly #server;
  readonly #written: Written;
  readonly #misbehave: Misbehave;

  private constructor(written: Written, misbehave: Misbehave) {
    this.#written = written;
    this.#misbehave = misbehave;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(written: Written, misbehave: Misbehave): Promise<MisbehavingServer> {
    const server = new MisbehavingServer(written, misbehave);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** As if the process were killed: every connection breaks and no new one is made. */
  die(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.die();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = `${request.method} ${new URL(request.url!, this.url).pathname}`;
    const bytes = Buffer.concat(await request.toArray());
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    response.setHeader('x-elastic-product', 'Elasticsearch').setHeader('content-type', 'application/json');
    if (path === 'GET /') return void response.end('{}');
    // What other namespaces there are is worth a line, and nothing here is about it.
    if (path.endsWith('/_field_caps')) return void response.end('{"indices":[],"fields":{}}');
    this.requests.push(path);
    const answer = this.#usual(path, body);
    if (this.#misbehave({ path, body }, answer, response) !== 'misbehaved') response.end(answer);
  }

  #usual(path: string, body: string): Buffer {
    if (path.startsWith('POST') && path.endsWith('/_pit'))
      return Buffer.from(
        `{"id":"${path.includes('auditseal.batch') ? 'records' : 'events'}","_shards":{"failed":0}}`,
      );
    if (path.endsWith('/_bulk')) return Buffer.from('{"errors":false,"items":[{"create":{"status":201}}]}');
    if (path.startsWith('DELETE')) return Buffer.from('{"succeeded":true}');
    const search = JSON.parse(body) as {
      size: number;
      query?: unknown;
      search_after?: [number];
      track_total_hits?: boolean;
    };
    const pit = body.includes('"id":"records"') ? 'records' : 'events';
    if (search.track_total_hits === true) return countAnswer(this.#written[pit].length);
    // All documents are in the walk over what has no known origin, for which any order will do.
    if (!body.includes('must_not')) return searchAnswer([], pit);
    const from = search.search_after === undefined ? 0 : search.search_after[0] + 1;
    const { records, events } = this.#written;
    const documents =
      pit === 'records' ? inReadingOrder(records, 'batch') : inReadingOrder(events, 'sequence');
    return searchAnswer(documents.slice(from, from + search.size), pit, from);
  }
}

function countAnswer(value: number): Buffer {
  const hits = { total: { value, relation: 'eq' } };
  return Buffer.from(JSON.stringify({ timed_out: false, _shards: { failed: 0 }, hits }));
}
