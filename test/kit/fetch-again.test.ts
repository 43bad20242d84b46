import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { fetchAgain } from './fetch-again.ts';

test('a request whose connection is reset is sent again; one that is refused is not', async () => {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (requests === 1) request.socket.resetAndDestroy();
    else if (requests === 2) {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half', () => request.socket.destroy());
    } else response.writeHead(404).end('whole');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = await fetchAgain(url, { method: 'POST', body: 'text' });
  expect([answer.status, await answer.text(), requests]).toEqual([404, 'whole', 3]);
  server.close();
  await once(server, 'close');
  await expect(fetchAgain(url)).rejects.toThrow('fetch failed');
  expect(requests).toBe(3);
});
