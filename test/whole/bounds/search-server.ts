import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** In the place of Elasticsearch: it answers searches, piece by piece, with what no real one would be filled with for a test. */
export class SearchServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #found: (search: string) => Iterable<string>;

  private constructor(found: (search: string) => Iterable<string>) {
    this.#found = found;
    // Under load a reader may take longer over a chunk than Node's default of 5 s.
    this.#server = createServer(
      { keepAliveTimeout: 600_000 },
      (request, response) => void this.#answer(request, response).catch(() => response.destroy()),
    );
  }

  /** `found` makes the whole answer to a search of its body. */
  static async listen(found: (search: string) => Iterable<string>): Promise<SearchServer> {
    const server = new SearchServer(found);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
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
      const id = path.includes('auditseal.batch') ? 'records' : 'events';
      response.end(JSON.stringify({ id, _shards: { failed: 0 } }));
    } else if (path.includes('/_search')) await pipeline(Readable.from(this.#found(text)), response);
    else {
      // Fields and mappings are of streams that are there, and what else is there is nothing that the key may see.
      response.statusCode = path.includes('/_field_caps') ? 404 : 403;
      response.end('{}');
    }
  }
}
