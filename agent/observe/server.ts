import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

/** What the probes ask. An outage of Elasticsearch fails neither: restarting the agent would not mend it. */
export interface Health {
  /** The loops of all sources have advanced lately. */
  isAlive(): boolean;
  /** State is open, and every source's log could be read at the last look. */
  isReady(): boolean;
}

/**
 * Serves `/metrics`, `/healthz` and `/readyz`; everything else is 404. Port 0 lets the system pick.
 * A failure to listen (the port is taken) rejects: two agents on one node should not go unnoticed.
 */
export async function serve(options: {
  host: string;
  port: number;
  metrics: Metrics;
  health: Health;
}): Promise<{ port: number; close(): Promise<void> }> {
  const { metrics, health } = options;
  const server = createServer((request, response) => {
    if (request.method !== 'GET') return response.writeHead(405).end();
    if (request.url === '/healthz') return response.writeHead(health.isAlive() ? 200 : 503).end();
    if (request.url === '/readyz') return response.writeHead(health.isReady() ? 200 : 503).end();
    if (request.url !== '/metrics') return response.writeHead(404).end();
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
    return response;
  });
  await listening(server, options);
  const { port } = server.address() as AddressInfo;
  return { port, close: () => closed(server) };
}

function listening(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new Error(
          `metrics and health cannot be served at ${host}:${port}; is another agent running? Free the port or set http.port`,
          { cause },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}
