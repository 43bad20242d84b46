import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

interface Search {
  size: number;
  aggs?: unknown;
  search_after?: [number];
}

/** Which events there are. */
export interface LongNames {
  events: number;
  /** Of each name; the most that the template has Elasticsearch index is 8191. */
  characters: number;
  letter: string;
  /** Whether all have one auditID. */
  isOneRequest: boolean;
}

const named = [
  'user.name',
  'user.effective.name',
  'orchestrator.namespace',
  'orchestrator.resource.name',
  'orchestrator.resource.type',
];

/** In the place of Elasticsearch: a stream of requests that differ in all of their names, which are long. */
export class LongNamesServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #names: LongNames;

  private constructor(names: LongNames) {
    this.#names = names;
    this.#server = createServer(
      { keepAliveTimeout: 600_000 },
      (request, response) => void this.#answer(request, response).catch(() => response.destroy()),
    );
  }

  static async listen(names: LongNames): Promise<LongNamesServer> {
    const server = new LongNamesServer(names);
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
    if (path.includes('/_pit')) response.end('{"id":"events","_shards":{"failed":0}}');
    else if (path.includes('/_search')) await pipeline(Readable.from(this.#found(text)), response);
    else {
      response.statusCode = path.includes('/_field_caps') ? 404 : 403;
      response.end('{}');
    }
  }

  *#found(text: string): Generator<string> {
    const { size, aggs, search_after: after } = JSON.parse(text) as Search;
    const { events } = this.#names;
    yield '{"timed_out":false,"_shards":{"failed":0},';
    if (aggs !== undefined) {
      const none = { value: null };
      const aggregations = { oldest: none, newest: none, unreadable: { doc_count: 0 } };
      const total = { value: events, relation: 'eq' };
      yield `"hits":{"total":${JSON.stringify(total)}},"aggregations":${JSON.stringify(aggregations)}}`;
      return;
    }
    const from = (after?.[0] ?? -1) + 1;
    yield '"hits":{"hits":[';
    for (let at = from; at < Math.min(events, from + size); at += 1)
      yield `${at > from ? ',' : ''}${this.#hit(at)}`;
    yield ']}}';
  }

  #hit(at: number): string {
    const { characters, letter, isOneRequest } = this.#names;
    const name = `${at}-`.padEnd(characters, letter);
    const fields: Record<string, unknown[]> = {
      ...Object.fromEntries(named.map((field) => [field, [name]])),
      'orchestrator.api_version': [`${at}-${letter.repeat(20)}/${name}`],
      'event.action': ['create'],
      'event.outcome': ['success'],
      'event.id': [`e-${at}`],
      'http.response.status_code': [201],
      'http.request.id': [isOneRequest ? 'one' : `r-${at}`],
      'kubernetes.audit.stage': ['ResponseComplete'],
      '@timestamp': ['2026-11-23T00:00:00.000Z'],
    };
    return JSON.stringify({ _id: `d-${at}`, sort: [at], fields });
  }
}
