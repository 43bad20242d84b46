import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { DataStreams } from './data-streams.ts';
import { Tampering } from './tampering.ts';

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
 * A real Elasticsearch with its own security, and in front of it what the embedded one lacks: `_ilm`, `_data_stream` and its
 * lifecycle, as the documentation (8.19, 9) says they answer; who may have them, the real one is asked. All else goes to
 * the real one as it came.
 */
export class Secured implements AsyncDisposable {
  readonly url: string;
  /** The real one, which takes whoever says nothing for its administrator. */
  readonly openUrl: string;
  readonly requests: Received[] = [];
  readonly tampering = new Tampering();
  readonly streams: DataStreams;
  /** Policies by name, as they were put. */
  readonly policies = new Map<string, unknown>();
  readonly #close: () => Promise<void>;

  private constructor(openUrl: string, url: string, close: () => Promise<void>) {
    this.openUrl = openUrl;
    this.url = url;
    this.#close = close;
    this.streams = new DataStreams(openUrl);
  }

  static async start(openUrl: string): Promise<Secured> {
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
    const secured: Secured = new Secured(openUrl, url, close);
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
    const needed = neededFor(received);
    if (!needed) return await this.tampering.around(received, (changed) => this.#forward(changed));
    const denied = await this.#denied(received, needed);
    if (denied) return denied;
    if (received.path.startsWith('/_ilm/policy/')) return this.#policy(received);
    return (await this.streams.answer(received)) ?? (await this.#forward(received));
  }

  /** The real one's answer to whether they may, and its refusal if they may not. */
  async #denied({ headers }: Received, needed: Needed): Promise<Reply | undefined> {
    const asked = await fetch(`${this.openUrl}/_security/user/_has_privileges`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: headers.authorization ?? nobody },
      body: JSON.stringify(needed),
    });
    const body: unknown = await asked.json();
    if (!asked.ok) return { status: asked.status, body };
    if (z.object({ has_all_requested: z.boolean() }).parse(body).has_all_requested) return undefined;
    const reason = 'action is unauthorized';
    return { status: 403, body: { error: { type: 'security_exception', reason }, status: 403 } };
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
    const { authorization, 'content-type': type, 'content-encoding': encoding } = headers;
    const answer = await fetch(`${this.openUrl}${path}`, {
      method,
      headers: {
        authorization: authorization ?? nobody,
        ...(type && { 'content-type': type }),
        ...(encoding && { 'content-encoding': encoding }),
      },
      ...(body.length > 0 && { body: this.streams.withoutIlm(path, body) }),
    });
    return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
  }
}

/** Not the administrator, whom the open address takes for who says nothing. */
const nobody = 'none';

const looks =
  /_has_privileges|_simulate_index|_search|_pit|_mget|\/(?:_update|_doc)\/auditseal-setup-|_delete_by_query|_bulk/u;

interface Needed {
  cluster?: string[];
  index?: { names: string[]; privileges: string[] }[];
}

/** The privileges that the documentation names for what is answered here. */
function neededFor({ method, path }: Received): Needed | undefined {
  if (path.startsWith('/_ilm/')) return { cluster: [method === 'GET' ? 'read_ilm' : 'manage_ilm'] };
  if (!path.startsWith('/_data_stream/')) return undefined;
  const [, , name = '', part] = path.split('/');
  const changing = part === undefined ? 'create_index' : 'manage';
  const privileges = [method === 'GET' ? 'view_index_metadata' : changing];
  return { index: [{ names: [decodeURIComponent(name)], privileges }] };
}
