import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { DataStreams } from './data-streams.ts';
import { Security, type Identity } from './security.ts';

export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Reply {
  status: number;
  body: unknown;
}

/**
 * A real Elasticsearch with what the embedded one lacks in front of it: `_security/*`, `_ilm`, `_data_stream` and its lifecycle, as
 * the documentation (8.19, 9) says they answer, privileges enforced. All else goes to the real one as it came. What
 * is not in the documentation it does not know: it is no proof of how a real cluster with security behaves.
 */
export class Secured implements AsyncDisposable {
  readonly url: string;
  readonly requests: Received[] = [];
  readonly security = new Security();
  readonly streams: DataStreams;
  /** Policies by name, as they were put. */
  readonly policies = new Map<string, unknown>();
  readonly #backend: string;
  readonly #close: () => Promise<void>;

  private constructor(backend: string, url: string, close: () => Promise<void>) {
    this.#backend = backend;
    this.url = url;
    this.#close = close;
    this.streams = new DataStreams(backend);
  }

  static async start(backend: string): Promise<Secured> {
    const server = createServer((incoming, response) => {
      const { method = '', url = '', headers } = incoming;
      void buffer(incoming).then((body) => secured.#answer({ method, path: url, headers, body }, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const secured: Secured = new Secured(backend, url, close);
    return secured;
  }

  /** Requests that change something, in order: not searches, nor questions that are put with POST. */
  get changes(): string[] {
    return this.requests
      .filter(({ method, path }) => method !== 'GET' && method !== 'HEAD' && !looks.test(path))
      .map(({ method, path }) => `${method} ${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #answer(received: Received, response: ServerResponse): Promise<void> {
    this.requests.push(received);
    const headers = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' };
    try {
      const { status, body } = await this.#reply(received);
      response.writeHead(status, headers);
      response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
    } catch (error) {
      response.writeHead(500, headers);
      response.end(JSON.stringify({ error: { type: 'stand_in', reason: String(error) } }));
    }
  }

  async #reply(received: Received): Promise<Reply> {
    const identity = this.security.authenticate(received.headers.authorization);
    if (!identity) return { status: 401, body: { error: { type: 'security_exception' } } };
    const own = this.security.answer(identity, received);
    if (own) return own;
    const denied = this.#denied(identity, received);
    if (denied) return denied;
    if (received.path.startsWith('/_ilm/policy/')) return this.#policy(received);
    return (await this.streams.answer(received)) ?? (await this.#forward(received));
  }

  #denied(identity: Identity, { method, path, headers, body }: Received): Reply | undefined {
    if (!/^\/[^/_][^/]*\/_bulk/u.test(path))
      return this.security.may(identity, method, path) ? undefined : forbidden(identity);
    const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
    const operation = Object.keys(JSON.parse(text.slice(0, text.indexOf('\n'))) as object)[0] ?? '';
    return this.security.mayBulk(identity, operation, path) ? undefined : forbidden(identity);
  }

  #policy({ method, path, body }: Received): Reply {
    const name = decodeURIComponent(path.slice('/_ilm/policy/'.length));
    if (method === 'GET') {
      const policy = this.policies.get(name);
      return policy === undefined
        ? { status: 404, body: { error: { type: 'resource_not_found_exception' }, status: 404 } }
        : { status: 200, body: { [name]: { version: 1, policy } } };
    }
    this.policies.set(name, (JSON.parse(body.toString()) as { policy: unknown }).policy);
    return { status: 200, body: { acknowledged: true } };
  }

  async #forward({ method, path, headers, body }: Received): Promise<Reply> {
    const { 'content-type': type, 'content-encoding': encoding } = headers;
    const answer = await fetch(`${this.#backend}${path}`, {
      method,
      headers: { ...(type && { 'content-type': type }), ...(encoding && { 'content-encoding': encoding }) },
      ...(body.length > 0 && { body: this.streams.withoutIlm(path, body) }),
    });
    return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
  }
}

const looks =
  /_has_privileges|_simulate_index|_search|_mget|\/(?:_update|_doc)\/auditseal-setup-|_delete_by_query|_bulk/u;

function forbidden({ name }: Identity): Reply {
  const reason = `action is unauthorized for ${name}`;
  return { status: 403, body: { error: { type: 'security_exception', reason }, status: 403 } };
}
