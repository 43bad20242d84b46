import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveElasticsearch } from '../elasticsearch/index.ts';
import { buildBinaries } from './binaries.ts';
import { forward } from './forward.ts';
import { buildImages } from './images.ts';
import { demand, run } from './processes.ts';
import type { Settings } from './settings.ts';

/**
 * `npm run test:cluster`: a real control plane, a real kubelet, real helm and kubectl, and the agent between them and a real Elasticsearch.
 * Prints a line for each thing proven. Exit 1 if any was not.
 *
 * Everything runs in mount, network, host name and process namespaces of its own, so that the paths and ports are those of a
 * real node, nothing of the machine is touched, and all of it ends with this process: also on Ctrl-C, and when this one is killed.
 */
const say = (line: string) => process.stdout.write(`${line}\n`);
const needed = ['go', 'openssl', 'unshare', 'setpriv', 'mount', 'ip', 'tar'];

/** What a signal ends; set while there is something to end. What runs before is ended by the terminal, or not long. */
let interrupt: () => void = () => undefined;
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    isInterrupted = true;
    interrupt();
  });

async function main(): Promise<number> {
  for (const name of needed)
    if ((await run(['sh', '-c', `command -v ${name}`])).code !== 0) throw new Error(`${name} is missing`);
  const namespaces = await usableNamespaces();
  const binaries = await buildBinaries();
  const work = await mkdtemp(join(tmpdir(), 'auditseal-cluster-'));
  try {
    await demand([process.execPath, join(import.meta.dirname, '../../build/main.ts'), join(work, 'dist')]);
    const elasticsearch = await resolveElasticsearch({ log: say });
    try {
      return await runOn(elasticsearch.url, { work, binaries }, namespaces);
    } finally {
      await elasticsearch.stop();
    }
  } finally {
    if (process.env['KEEP']) say(`kept: ${work}`);
    else await rm(work, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function runOn(
  elasticsearchUrl: string,
  { work, binaries }: Pick<Settings, 'work' | 'binaries'>,
  namespaces: readonly string[],
): Promise<number> {
  const elasticsearchSocket = join(work, 'elasticsearch.sock');
  const { hostname: host, port, protocol } = new URL(elasticsearchUrl);
  if (protocol !== 'http:') throw new Error(`ELASTICSEARCH_URL ${elasticsearchUrl}: it has to be http`);
  const bridge = await forward({ path: elasticsearchSocket }, { host, port: Number(port || 80) });
  const [root, imagesFile] = [process.getuid?.() === 0, join(work, 'images.json')];
  const settings = { work, binaries, elasticsearchSocket, root, imagesFile } satisfies Settings;
  await writeFile(join(work, 'settings.json'), JSON.stringify(settings));
  // Beside the first stages, which do not need them.
  const images = buildImages(settings);
  const code = await runInside(namespaces, join(work, 'settings.json'));
  bridge.close();
  await images;
  await removeCgroups(work);
  return code;
}

/** The flags of unshare. Without root, in a user namespace, where the system allows that. */
async function usableNamespaces(): Promise<string[]> {
  const flags = ['--mount', '--net', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc'];
  if (process.getuid?.() !== 0) flags.unshift('--map-root-user');
  const { code, stderr } = await run(['unshare', ...flags, 'true']);
  if (code !== 0) throw new Error(`no namespaces can be made here; run it as root (${stderr.trim()})`);
  return flags;
}

/** Resolves with its exit code. The whole process namespace ends with it. */
async function runInside(namespaces: readonly string[], settingsFile: string): Promise<number> {
  const inside = [process.execPath, join(import.meta.dirname, 'inside.ts'), settingsFile];
  // A session of its own: Ctrl-C is for this process. The part inside ends when the pipe does, as it does with this process.
  const child = spawn('unshare', [...namespaces, ...inside], {
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
  child.stdin?.on('error', () => undefined);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  interrupt = () => child.stdin?.end();
  if (isInterrupted) interrupt();
  const [code] = await exited;
  return code ?? 130;
}

/** Cgroups alone outlive their processes: those of the containers that containerd had at the end. */
async function removeCgroups(work: string): Promise<void> {
  const containerd = join(work, 'host/var/lib/containerd/io.containerd.grpc.v1.cri');
  const ids = await Promise.all(['containers', 'sandboxes'].map((kind) => names(join(containerd, kind))));
  const hierarchies = (await names('/sys/fs/cgroup')).map((name) => join('/sys/fs/cgroup', name));
  for (const root of ['/sys/fs/cgroup', ...hierarchies]) {
    // The one that containerd makes them in, which another's may need: only an empty one can be removed.
    const parent = join(root, 'k8s.io');
    for (const path of [...ids.flat().map((id) => join(parent, id)), parent])
      await rmdir(path).catch(() => undefined);
  }
}

function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`test:cluster: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
