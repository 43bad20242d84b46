import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { readBulk } from './bulk-lines.ts';

export interface Answer {
  status: number;
  headers?: Record<string, string | string[] | undefined>;
  body?: string | Buffer;
  /** Default true: with the header by which Elasticsearch is known. */
  isElasticsearch?: boolean;
}

/** One bulk request on its way, for a fault to do with as it likes. */
export interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
  socket: Socket;
  /** The request's body, once it is wanted: until then nothing was read of it. */
  body: () => Promise<Buffer>;
  /** Hands this body (default: the one received) to Elasticsearch. */
  pass: (body?: Buffer) => Promise<Answer>;
  reply: (answer: Answer) => void;
}

export type Fault = (exchange: Exchange) => Promise<void> | void;

/** What the agent sent in one bulk request that was read whole. */
export interface Sent {
  ids: string[];
  at: number;
  /** Uncompressed. */
  bytes: number;
}

/**
 * A proxy in front of a real Elasticsearch that does to bulk requests what Elasticsearch, its network and other proxies do on
 * bad days. All else passes through.
 */
export class FaultProxy {
  readonly url: string;
  readonly sent: Sent[] = [];
  /** For each bulk request that none of `next` is for; undefined: it passes. */
  always: ((exchange: Exchange) => Fault | undefined) | undefined;
  readonly #server: ReturnType<typeof createServer>;
  readonly #target: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #next: { fault: Fault; stream: string }[] = [];

  private constructor(server: ReturnType<typeof createServer>, target: string) {
    this.#server = server;
    this.#target = target;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
      this.#handle(incoming, response).catch(() => response.destroy());
    });
    server.on('connection', (socket: Socket) => socket.on('error', () => undefined));
  }

  static async start(target: string): Promise<FaultProxy> {
    const server = createServer({ requestTimeout: 0 }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(server, target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  /** The next bulk request to a stream whose name contains `stream` meets this fault. */
  next(fault: Fault, stream = ''): void {
    this.#next.push({ fault, stream });
  }

  /** Faults that nothing has met yet. */
  get waiting(): number {
    return this.#next.length;
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let read: Promise<Buffer> | undefined;
    const body = () => (read ??= buffer(incoming));
    const pass = async (changed?: Buffer) => await this.#pass(incoming, changed ?? (await body()));
    const reply = ({ status, headers, body: text = '', isElasticsearch = true }: Answer) => {
      const product = isElasticsearch && { 'x-elastic-product': 'Elasticsearch' };
      response.writeHead(status, { ...product, ...headers }).end(text);
    };
    const { socket } = incoming;
    const exchange: Exchange = { incoming, response, socket, body, pass, reply };
    const { url = '' } = incoming;
    if (!url.includes('/_bulk')) return reply(await pass());
    const at = this.#next.findIndex(({ stream }) => url.includes(stream));
    const fault = at < 0 ? this.always?.(exchange) : this.#next.splice(at, 1)[0]!.fault;
    // Whatever a fault does, what was read whole counts as sent.
    const noted = Date.now();
    const note = (bytes: Buffer) => {
      const lines = readBulk(bytes);
      this.sent.push({ ids: lines.map(({ id }) => id), at: noted, bytes: gunzipSync(bytes).length });
    };
    if (!fault) note(await body());
    await (fault ? fault(exchange) : reply(await pass()));
    if (fault && read) note(await read);
  }

  async #pass({ method, url = '/', headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const { 'content-length': _length, 'transfer-encoding': _encoding, ...rest } = headers;
    const onward = request(new URL(url, this.#target), {
      method,
      agent: this.#agent,
      headers: { ...rest, ...(body.length > 0 && { 'content-length': body.length }) },
    });
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const { 'transfer-encoding': _chunked, connection: _connection, ...kept } = answer.headers;
    return { status: answer.statusCode ?? 0, headers: kept, body: await buffer(answer) };
  }
}
