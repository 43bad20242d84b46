import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { command, made } from '../loss/build.ts';

const sources = ['go.mod', 'go.sum', 'main.go'];
const startMillisecondsMax = 60_000;

/** The real etcd, built once from its Go module (minutes); as a text in `missing`, why it cannot be had. */
export async function buildEtcd(): Promise<{ binary: string } | { missing: string }> {
  const paths = sources.map((name) => join(import.meta.dirname, name));
  const result = await made({
    name: 'etcd',
    from: paths.map((path) => readFileSync(path, 'utf8')),
    make: async (folder) => {
      for (const [i, name] of sources.entries()) copyFileSync(paths[i]!, join(folder, name));
      await command(folder, 'go', 'build', '-trimpath', '-ldflags', '-s -w', '-o', 'etcd', '.');
    },
  });
  return 'missing' in result ? result : { binary: join(result.folder, 'etcd') };
}

/** A histogram of the text format, cumulative: upper bound in seconds → count. */
export type Buckets = Map<number, number>;

/** One real etcd with an empty data folder, fsync as in production. */
export class Etcd {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(binary: string, dataDir: string): Promise<Etcd> {
    const [client, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
    const flags = {
      'data-dir': dataDir,
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `default=${peer}`,
      'log-level': 'error',
    };
    const child = spawn(
      binary,
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      { stdio: ['ignore', 'ignore', 'ignore'] },
    );
    const end = performance.now() + startMillisecondsMax;
    for (;;) {
      const answer = await fetch(`${client}/health`).catch(() => undefined);
      if (answer?.ok) return new Etcd(child, client);
      if (performance.now() > end || child.exitCode !== null) {
        child.kill('SIGKILL');
        throw new Error(`etcd does not start: ${binary} ${child.spawnargs.slice(1).join(' ')}`);
      }
      await delay(100);
    }
  }

  /** etcd_disk_wal_fsync_duration_seconds, as etcd counts it itself. */
  async walFsyncs(): Promise<Buckets> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const buckets = text.matchAll(/^etcd_disk_wal_fsync_duration_seconds_bucket\{le="([^"]+)"\} (\S+)$/gmu);
    return new Map(
      [...buckets].map(([, le, count]) => [le === '+Inf' ? Infinity : Number(le), Number(count)]),
    );
  }

  async put(key: string, value: string): Promise<void> {
    const response = await fetch(`${this.url}/v3/kv/put`, {
      method: 'POST',
      body: JSON.stringify({ key: encode(key), value: encode(value) }),
    });
    if (!response.ok) throw new Error(`put: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A port of the loopback interface that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
