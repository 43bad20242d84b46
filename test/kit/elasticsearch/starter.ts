import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startElasticsearch } from './embedded.ts';
import { ElasticsearchStartError } from './errors.ts';
import { authorization } from './file-realm.ts';
import type { Administrator } from './file-realm.ts';

export const administrator: Administrator = { username: 'elastic', password: 'top secret' };

/** A real Elasticsearch with its own security, and its KQL. */
export interface SecuredElasticsearch {
  url: string;
  /** The same node; who says nothing of who they are is its administrator: for what only looks on. */
  openUrl: string;
  stop(): Promise<void>;
}

/**
 * Listens on loopback: a GET starts the node, and is answered when it is up; those that follow get the same one. Answers 404 where
 * there is no JDK or no Maven, 500 with the reason where it could not be fetched or does not start.
 */
export async function starter(
  log: (line: string) => void,
  start: (log: (line: string) => void) => Promise<SecuredElasticsearch> = startSecured,
): Promise<{ url: string; stop: () => Promise<void> }> {
  let running: Promise<SecuredElasticsearch> | undefined;
  const server = createServer((_, response) => {
    running ??= start(log);
    running.then(
      ({ url, openUrl }) => response.end(JSON.stringify({ url, openUrl })),
      (error: unknown) => {
        const lacking =
          error instanceof ElasticsearchStartError && ['no-jdk', 'no-maven'].includes(error.code);
        const effect = lacking ? 'SKIPPED' : 'FAILED';
        log(`${effect}  tests of Elasticsearch's security: ${String(error)}`);
        response.writeHead(lacking ? 404 : 500).end(JSON.stringify(String(error)));
      },
    );
  });
  await listen(server);
  const stop = async () => {
    server.close().closeAllConnections();
    await (await running?.catch(() => undefined))?.stop();
  };
  return { url: urlOf(server), stop };
}

/** Throws ElasticsearchStartError. */
export async function startSecured(log: (line: string) => void): Promise<SecuredElasticsearch> {
  const node = await startElasticsearch({ administrator, log });
  await waitForSecurity(node.url);
  const open = createServer((incoming, response) => {
    const { method, url = '/', headers } = incoming;
    const known = { authorization: authorization(administrator), ...headers };
    const onward = request(new URL(url, node.url), { method, headers: known }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  });
  await listen(open);
  const stop = async () => {
    open.close().closeAllConnections();
    await node.stop();
  };
  return { url: node.url, openUrl: urlOf(open), stop };
}

/** The first role makes the index of users and keys; until that is up, privileges are answered with 503. */
async function waitForSecurity(url: string): Promise<void> {
  const headers = { authorization: authorization(administrator), 'content-type': 'application/json' };
  const limit = AbortSignal.timeout(120_000);
  for (;;) {
    const made = await fetch(`${url}/_security/role/first`, {
      method: 'PUT',
      headers,
      body: '{}',
      signal: limit,
    });
    const found = await fetch(`${url}/_security/role/first`, { headers, signal: limit });
    if (made.ok && found.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
