import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** In front of Elasticsearch: shut, it is as if nobody were there. It notes what passes. */
export class Gate {
  readonly url: string;
  isOpen: boolean;
  /** The most bulk requests that were on their way at one time. */
  bulksAtOnceMax = 0;
  /** Batch numbers in the order in which their records were taken. */
  readonly recorded: number[] = [];
  readonly #server: Server;
  readonly #target: string;
  #bulks = 0;

  private constructor(server: Server, target: string, isOpen: boolean) {
    this.#server = server;
    this.#target = target;
    this.isOpen = isOpen;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (incoming, response) => {
      if (!this.isOpen) incoming.socket.destroy();
      else this.#pass(incoming, response).catch(() => response.destroy());
    });
  }

  static async start(target: string, isOpen: boolean): Promise<Gate> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Gate(server, target, isOpen);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '/', headers } = incoming;
    const isBulk = url.includes('/_bulk');
    if (isBulk) this.bulksAtOnceMax = Math.max(this.bulksAtOnceMax, (this.#bulks += 1));
    try {
      const body = await buffer(incoming);
      const onward = request(new URL(url, this.#target), { method, headers });
      onward.end(body);
      const [answer] = (await once(onward, 'response')) as [IncomingMessage];
      const content = await buffer(answer);
      if (isBulk) this.#note(body);
      response.writeHead(answer.statusCode ?? 502, answer.headers).end(content);
    } finally {
      if (isBulk) this.#bulks -= 1;
    }
  }

  #note(body: Buffer): void {
    const batch = /"_id":"[\da-f]{16}-b(\d{8})-/u.exec(gunzipSync(body).toString('latin1', 0, 200))?.[1];
    if (batch !== undefined) this.recorded.push(Number(batch));
  }
}
