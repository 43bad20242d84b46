import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** Elasticsearch, each of whose answers to a bulk request comes late. */
export class SlowElasticsearch {
  readonly url: string;
  /** Before each bulk request is passed on; may be changed at any time. */
  delayMilliseconds: number;
  readonly #server: Server;
  readonly #waiting = new Map<NodeJS.Timeout, () => void>();

  private constructor(server: Server, delayMilliseconds: number, target: string) {
    this.#server = server;
    this.delayMilliseconds = delayMilliseconds;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (incoming, response) => {
      const { method, url = '/', headers } = incoming;
      const wait = url.includes('/_bulk') ? this.delayMilliseconds : 0;
      const pass = () => {
        const onward = request(new URL(url, target), { method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        onward.on('error', () => response.destroy());
        incoming.pipe(onward);
      };
      const timer = setTimeout(pass, wait);
      this.#waiting.set(timer, pass);
      response.on('close', () => {
        clearTimeout(timer);
        this.#waiting.delete(timer);
      });
    });
  }

  static async start(target: string, delayMilliseconds: number): Promise<SlowElasticsearch> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SlowElasticsearch(server, delayMilliseconds, target);
  }

  /** Passes on what waits. */
  release(): void {
    for (const [timer, pass] of this.#waiting) {
      clearTimeout(timer);
      pass();
    }
    this.#waiting.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
