import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSecured } from '../../kit/elasticsearch/starter.ts';
import { buildBinaries } from './binaries.ts';
import { forward } from './forward.ts';
import { buildImages } from './images.ts';
import { removeCgroups, runInside, usableNamespaces } from './namespaces.ts';
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

async function main(): Promise<number> {
  for (const name of needed)
    if ((await run(['sh', '-c', `command -v ${name}`])).code !== 0) throw new Error(`${name} is missing`);
  const namespaces = await usableNamespaces();
  const binaries = await buildBinaries();
  const work = await mkdtemp(join(tmpdir(), 'auditseal-cluster-'));
  try {
    await demand([process.execPath, join(import.meta.dirname, '../../../build/main.ts'), join(work, 'dist')]);
    const elasticsearch = await startSecured(say);
    try {
      return await runOn(elasticsearch.openUrl, { work, binaries }, namespaces);
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
  const { hostname: host, port } = new URL(elasticsearchUrl);
  const bridge = await forward({ path: elasticsearchSocket }, { host, port: Number(port) });
  const [root, imagesFile] = [process.getuid?.() === 0, join(work, 'images.json')];
  const settings = { work, binaries, elasticsearchSocket, root, imagesFile } satisfies Settings;
  await writeFile(join(work, 'settings.json'), JSON.stringify(settings));
  // Beside the first stages, which do not need them.
  const images = buildImages(settings);
  const inside = join(import.meta.dirname, 'inside.ts');
  const code = await runInside(namespaces, [inside, join(work, 'settings.json')]);
  bridge.close();
  await images;
  await removeCgroups(work);
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`test:cluster: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
