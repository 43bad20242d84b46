import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands in front of a real Elasticsearch and answers 503 to the requests that `isBusy` picks by their body. */
export async function busyProxy(
  url: string,
  isBusy: (body: string) => boolean,
): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = Buffer.concat(await request.toArray()).toString();
      response.setHeader('x-elastic-product', 'Elasticsearch').setHeader('content-type', 'application/json');
      if (isBusy(body)) {
        response.writeHead(503).end('{"error":"busy"}');
        return;
      }
      const answer = await fetch(`${url}${request.url}`, {
        method: request.method!,
        headers: { 'content-type': 'application/json' },
        ...(body !== '' && { body }),
      });
      response.writeHead(answer.status).end(await answer.text());
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
