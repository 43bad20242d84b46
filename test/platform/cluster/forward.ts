import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { ListenOptions, Server, SocketConnectOpts } from 'node:net';

/** Passes every connection on, in both directions. `server.close()` ends it for new ones. */
export async function forward(listen: ListenOptions, to: SocketConnectOpts): Promise<Server> {
  const server = createServer((incoming) => {
    const outgoing = connect(to);
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    incoming.pipe(outgoing).pipe(incoming);
  });
  server.listen(listen);
  await once(server, 'listening');
  return server;
}
