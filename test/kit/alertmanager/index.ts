import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../agent/index.ts';
import { cached } from '../elasticsearch/cache.ts';

const run = promisify(execFile);
const version = 'v0.35.0';
const module = 'github.com/prometheus/alertmanager';

/** The real Alertmanager, built once into the cache from the Go module proxy (some minutes). Its user interface is no part of a module. */
export async function buildAlertmanager(): Promise<string> {
  const folder = await cached(undefined, `alertmanager-${version}`, async (target) => {
    const { stdout } = await run('go', ['mod', 'download', '-json', `${module}@${version}`]);
    const { Dir: from } = JSON.parse(stdout) as { Dir: string };
    const source = await mkdtemp(join(tmpdir(), 'alertmanager-'));
    try {
      await cp(from, source, { recursive: true });
      await run('chmod', ['-R', 'u+w', source]);
      await mkdir(join(source, 'ui/app/dist'), { recursive: true });
      await writeFile(join(source, 'ui/app/dist/index.html'), 'no user interface\n');
      const env = { ...process.env, GOFLAGS: '-buildvcs=false' };
      const output = join(target, 'alertmanager');
      await run('go', ['build', '-o', output, './cmd/alertmanager'], { cwd: source, env });
      await chmod(output, 0o755);
    } finally {
      await rm(source, { recursive: true, force: true });
    }
  });
  return join(folder, 'alertmanager');
}

export interface Alertmanager extends AsyncDisposable {
  url: string;
  /** The alerts that it has. */
  alerts(): Promise<
    { labels: Record<string, string>; annotations: Record<string, string>; endsAt: string }[]
  >;
}

/** Starts it on a loopback port, alone; `await using` ends it. */
export async function startAlertmanager(): Promise<Alertmanager> {
  const binary = await buildAlertmanager();
  const folder = await mkdtemp(join(tmpdir(), 'alertmanager-'));
  const config = join(folder, 'alertmanager.yml');
  await writeFile(config, 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const flags = [
    `--config.file=${config}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ];
  const child = spawn(binary, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said = `${said}${data.toString()}`.slice(-4000)));
  await until(
    async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok ?? false,
    () => `Alertmanager did not start: ${said}`,
  );
  return {
    url,
    alerts: async () =>
      (await (await fetch(`${url}/api/v2/alerts`)).json()) as Awaited<ReturnType<Alertmanager['alerts']>>,
    [Symbol.asyncDispose]: async () => {
      await ended(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await gone;
}

/** It does not say which port it was given, so one is looked for. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
