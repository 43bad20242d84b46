import { Agent, createServer, request } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * What becomes of a bulk request: `pass`; or Elasticsearch does the work and the answer is lost (`drop`: the connection breaks,
 * `cut`: in its middle, `page`: a proxy says 502); or the request is lost before (`swallow`).
 */
export type Fate = 'pass' | 'drop' | 'cut' | 'page' | 'swallow';

export interface LosingProxy extends AsyncDisposable {
  url: string;
  /** Resolves when Elasticsearch is at work on nothing that came through here, whoever still waits for an answer. */
  settled: () => Promise<void>;
}

export interface LosingProxyOptions {
  /** Decides about a bulk request before it is sent on. */
  decide: () => Fate;
  /** Told, and waited for, when the outcome of a request is about to become unknown to who sent it. */
  losing: (stream: string, fate: Fate) => Promise<void>;
  /** Whether lookups get 403, as with a key that was revoked. */
  lookupsRefused?: boolean;
}

/** Stands in front of a real Elasticsearch and loses the answers to bulk requests, or the requests. */
export async function losingProxy(target: string, options: LosingProxyOptions): Promise<LosingProxy> {
  const agent = new Agent({ keepAlive: true });
  const atWork = new Set<Promise<Answer>>();
  const { hostname, port } = new URL(target);
  const working = (answer: Promise<Answer>) => {
    atWork.add(answer);
    return answer.finally(() => atWork.delete(answer));
  };
  const server = createServer((incoming, response) => {
    const forward = async () => {
      const body = await buffer(incoming);
      const { method = '', url = '', headers } = incoming;
      if (options.lookupsRefused && /\/_mget\b|^\/_resolve\//u.test(url)) {
        response.writeHead(403, { 'x-elastic-product': 'Elasticsearch' }).end('{}');
        return;
      }
      const stream = /^\/([^/]+)\/_bulk\b/u.exec(url)?.[1];
      const fate = stream === undefined ? 'pass' : options.decide();
      const answer =
        fate === 'swallow'
          ? undefined
          : await working(send({ agent, hostname, port, method, path: url, headers }, body));
      if (fate !== 'pass') await options.losing(decodeURIComponent(stream!), fate);
      give(response, fate, answer);
    };
    forward().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    settled: async () => {
      while (atWork.size > 0) await Promise.allSettled(atWork);
    },
    [Symbol.asyncDispose]: () => {
      agent.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function send(to: object, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(to, (incoming) => {
      const { statusCode: status = 0, headers } = incoming;
      buffer(incoming).then((text) => resolve({ status, headers, body: text }), reject);
    });
    sent.on('error', reject).end(body);
  });
}

function give(response: ServerResponse, fate: Fate, answer: Answer | undefined): void {
  if (!answer || fate === 'drop') {
    response.destroy();
    return;
  }
  if (fate === 'page') {
    response
      .writeHead(502, { 'content-type': 'text/html', 'x-elastic-product': 'Elasticsearch' })
      .end('<html>Bad gateway</html>');
    return;
  }
  const { 'transfer-encoding': _chunked, ...headers } = answer.headers;
  response.writeHead(answer.status, { ...headers, 'content-length': answer.body.length });
  if (fate === 'pass') response.end(answer.body);
  else response.write(answer.body.subarray(0, answer.body.length / 2), () => response.destroy());
}
