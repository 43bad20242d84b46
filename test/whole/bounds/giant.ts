import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

const origin = 'prod/cp-1/kube-apiserver/20261123T004438Z';
const chunkBytes = 256 * 1024;

/** A value of JSON of about so many bytes: `unit` again and again between `open` and `close`. */
export interface GiantValue {
  open: string;
  unit: string;
  close: string;
  bytes: number;
}

interface Search {
  size: number;
  pit?: { id: string };
  search_after?: unknown[];
  sort?: object[];
}

/** In the place of Elasticsearch: each stream is one document that holds a giant value. */
export class Giant implements AsyncDisposable {
  readonly #server: Server;
  readonly #value: GiantValue;

  private constructor(value: GiantValue) {
    this.#value = value;
    // Under load a reader may take longer over a chunk than Node's default of 5 s.
    this.#server = createServer(
      { keepAliveTimeout: 600_000 },
      (request, response) => void this.#answer(request, response).catch(() => response.destroy()),
    );
  }

  static async listen(value: GiantValue): Promise<Giant> {
    const giant = new Giant(value);
    await new Promise<void>((resolve) => giant.#server.listen(0, '127.0.0.1', resolve));
    return giant;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-elastic-product', 'Elasticsearch').setHeader('content-type', 'application/json');
    const text = (await buffer(request)).toString();
    const path = request.url!;
    if (path.includes('/_pit')) {
      response.end(
        JSON.stringify({
          id: path.includes('auditseal.batch') ? 'records' : 'events',
          _shards: { failed: 0 },
        }),
      );
    } else if (path.includes('/_search')) {
      await pipeline(Readable.from(this.#found(JSON.parse(text) as Search)), response);
    } else {
      // Fields and mappings are of streams that are there, and what else is there is nothing that the key may see.
      response.statusCode = path.includes('/_field_caps') ? 404 : 403;
      response.end('{}');
    }
  }

  *#found(search: Search): Generator<string> {
    yield '{"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[';
    if (search.size > 1 && search.search_after === undefined) yield* this.#document(search);
    yield ']}}';
  }

  *#document({ sort = [] }: Search): Generator<string> {
    const { open, unit, close, bytes } = this.#value;
    const head = `"@timestamp":"2026-11-23T01:00:00Z","event":{"id":"x","sequence":5},"auditseal":{"origin":"${origin}","batch":1}`;
    yield `{"_index":"i","_id":"giant","_score":null,"_source":{${head},"kubernetes":{"audit":{"requestObject":${open}`;
    const units = unit.repeat(Math.ceil(chunkBytes / unit.length));
    for (let sent = 0; sent < bytes; sent += units.length) yield units;
    yield `${close}}}},"sort":[${sort.map(() => `"${origin}"`).join(',')}]}`;
  }
}
