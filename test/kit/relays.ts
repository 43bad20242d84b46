import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Identity } from './certificates.ts';

/** A server on loopback whose connections end with it. */
export interface Relay extends AsyncDisposable {
  port: number;
  /** Connections so far. */
  connections(): number;
}

/** TLS in front of a plain server: what Elasticsearch's own https is, with the certificate of the test's choice. */
export async function tlsRelay(target: string, identity: () => Identity): Promise<Relay> {
  const server = createTlsServer((socket) => join(socket, new URL(target)));
  const renew = () => server.setSecureContext(identity());
  renew();
  server.on('connection', renew);
  return await listen(server);
}

/** TCP in front of a server. */
export async function tcpRelay(target: string): Promise<Relay> {
  return await listen(createServer((socket) => join(socket, new URL(target))));
}

/** An HTTP proxy: tunnels to wherever it is told (RFC 9110 §9.3.6), and remembers what it was asked. */
export async function connectProxy(
  credentials?: () => string,
): Promise<Relay & { asked: { authority: string; authorization: string | undefined }[] }> {
  const asked: { authority: string; authorization: string | undefined }[] = [];
  const server = createHttpServer((_request, response) => response.writeHead(405).end());
  server.on('connect', ({ url = '', headers }, socket: Socket, head: Buffer) => {
    const authorization = headers['proxy-authorization'];
    asked.push({ authority: url, authorization });
    if (credentials && authorization !== `Basic ${btoa(credentials())}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    join(socket, new URL(`http://${url}`));
  });
  return Object.assign(await listen(server), { asked });
}

function join(near: Socket, { hostname, port }: URL): void {
  const far = connect(Number(port), hostname);
  near.pipe(far).pipe(near);
  near.on('error', () => undefined).on('close', () => far.destroy());
  far.on('error', () => undefined).on('close', () => near.destroy());
}

async function listen(server: Server): Promise<Relay> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
