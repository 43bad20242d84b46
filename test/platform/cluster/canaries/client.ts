import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Certificate } from '../pki.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly code: number;
  readonly body: string;
}

/** Sends requests byte for byte as they are: no library that would tidy up a URI. */
export class Client {
  readonly #url: URL;
  readonly #agent: Agent;

  /** @param proxy the certificate of a front proxy, whose word on who asks the apiserver takes */
  constructor(url: string, authority: string, proxy?: Certificate) {
    this.#url = new URL(url);
    const own = proxy && { cert: readFileSync(proxy.certificate), key: readFileSync(proxy.key) };
    this.#agent = new Agent({ keepAlive: true, ca: readFileSync(authority), ...own });
  }

  async send({ method, path, type, body, headers }: Request, authorization?: string): Promise<Answer> {
    const sent = request({
      agent: this.#agent,
      host: this.#url.hostname,
      port: this.#url.port,
      method,
      path,
      headers: {
        'user-agent': 'canaries/1.0',
        ...(type !== undefined && { 'content-type': type }),
        ...(authorization !== undefined && { authorization }),
        ...headers,
      },
    });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { code: response.statusCode ?? 0, body: await text(response) };
  }

  close(): void {
    this.#agent.destroy();
  }
}
