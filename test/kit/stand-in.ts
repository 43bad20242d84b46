import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Takes the answer over. */
  send?: (response: ServerResponse) => void;
}

interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface StandIn extends AsyncDisposable {
  url: string;
  requests: Received[];
}

/** A server in the place of Elasticsearch that answers in the ways in which the real one cannot be made to. */
export async function standIn(reply: Reply | ((request: Received) => Reply)): Promise<StandIn> {
  const requests: Received[] = [];
  const server = createServer((incoming, response) => {
    void buffer(incoming).then((body) => {
      const { method = '', url = '', headers } = incoming;
      const received = { method, path: url, headers, body };
      requests.push(received);
      const answer = typeof reply === 'function' ? reply(received) : reply;
      if (answer.send) return answer.send(response);
      response.writeHead(answer.status ?? 200, {
        'content-type': 'application/json',
        'x-elastic-product': 'Elasticsearch',
        ...answer.headers,
      });
      return response.end(answer.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, requests, [Symbol.asyncDispose]: close };
}
