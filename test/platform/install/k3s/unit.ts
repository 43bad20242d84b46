import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Person } from '../person.ts';

/**
 * `systemctl restart k3s` on the person's path: runs `restart` in this process, and ends when that is done, with exit code 1 and the
 * reason if it fails.
 *
 * @param socket a path for the Unix socket between the two
 */
export async function addUnit(person: Person, socket: string, restart: () => Promise<void>): Promise<void> {
  const server = createServer((connection) => {
    connection.on('error', () => undefined);
    restart().then(
      () => connection.end(),
      (error: unknown) => connection.end(error instanceof Error ? error.message : String(error)),
    );
  });
  server.listen(socket);
  await once(server, 'listening');
  const client = join(import.meta.dirname, 'restart.ts');
  await person.addProgram(
    'systemctl',
    `if [ "$*" = "restart k3s" ]; then exec ${process.execPath} ${client} ${socket}; fi
echo "systemctl $* is not known here" >&2
exit 1`,
  );
}
