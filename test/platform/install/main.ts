import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBinaries } from '../cluster/binaries.ts';
import type { Binaries } from '../cluster/binaries.ts';
import { forward } from '../cluster/forward.ts';
import { removeCgroups, runInside, usableNamespaces } from '../cluster/namespaces.ts';
import { demand, run } from '../cluster/processes.ts';
import { Unavailable } from '../cluster/report.ts';
import { startSecured } from '../../kit/elasticsearch/starter.ts';
import { GuideImage } from './image.ts';
import type { Platform } from './platform.ts';
import { platforms } from './platforms.ts';
import type { Settings } from './settings.ts';

/**
 * `npm run test:install -- PLATFORM…`: the commands of docs/install.md, one by one, as they are printed there, on a real cluster of that
 * platform, each of its routes on a machine of its own. Prints a line for each command. Exit 1 if one failed or was not reached, 64 for an unknown platform.
 */
const say = (line: string) => process.stdout.write(`${line}\n`);
const needed = ['go', 'openssl', 'unshare', 'mount', 'ip', 'tar', 'bash'];
const reference = 'registry.example/auditseal:0.1.0';
/** What runInside resolves with where a signal ended it. */
const interrupted = 130;

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !Object.hasOwn(platforms, name));
  if (names.length === 0 || unknown.length > 0) {
    const known = Object.keys(platforms).join('|');
    process.stderr.write(`${unknown.join(', ')}\nusage: npm run test:install -- ${known} …\n`.trimStart());
    return 64;
  }
  if (process.getuid?.() !== 0) throw new Error('a node is made by root: run it as root');
  for (const name of needed)
    if ((await run(['sh', '-c', `command -v ${name}`])).code !== 0) throw new Error(`${name} is missing`);
  const binaries = await buildBinaries();
  const shared = await mkdtemp(join(tmpdir(), 'auditseal-install-'));
  const imageFile = join(shared, 'image.json');
  const image = new GuideImage(reference, imageFile);
  try {
    let code = 0;
    for (const name of names) {
      const ended = await runPlatform(name, platforms[name]!, { shared, binaries, image, imageFile });
      if (ended === interrupted) return ended;
      code ||= ended;
    }
    return code;
  } finally {
    await image.ended();
    if (process.env['KEEP']) say(`kept: ${shared}`);
    else await rm(shared, { recursive: true, force: true, maxRetries: 10 });
  }
}

interface Common {
  /** A temporary folder of the whole run. */
  shared: string;
  binaries: Binaries;
  image: GuideImage;
  imageFile: string;
}

/** The exit code of the first route that failed, or 0. */
async function runPlatform(name: string, platform: Platform, common: Common): Promise<number> {
  let prepared: unknown;
  try {
    // Beside the first steps, which do not need it.
    if (!platform.hasDocker) await common.image.begin();
    prepared = await platform.prepare(common.shared, common.binaries);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    say(`SKIPPED  ${name}: ${error.message}`);
    return 0;
  }
  let code = 0;
  for (const [i, { title }] of platform.routes.entries()) {
    say(`\n=== ${title}`);
    const work = join(common.shared, `${name}-${i}`);
    const ended = await runRoute(work, { platform: name, route: title, prepared, ...common });
    if (ended === interrupted) return ended;
    code ||= ended;
  }
  return code;
}

/** With an Elasticsearch of its own: the logs of two routes have the same name. */
async function runRoute(
  work: string,
  {
    binaries,
    imageFile,
    ...route
  }: Pick<Settings, 'platform' | 'route' | 'prepared'> & Omit<Common, 'image'>,
): Promise<number> {
  const namespaces = await usableNamespaces();
  await demand(['mkdir', work]);
  const elasticsearchSocket = join(work, 'elasticsearch.sock');
  const elasticsearch = platforms[route.platform]!.hasDocker
    ? undefined
    : await startElasticsearch(elasticsearchSocket);
  try {
    const { platform, route: title, prepared } = route;
    const settings = { work, platform, route: title, prepared, binaries, elasticsearchSocket, imageFile };
    await writeFile(join(work, 'settings.json'), JSON.stringify(settings satisfies Settings));
    const inside = join(import.meta.dirname, 'inside.ts');
    return await runInside(namespaces, [inside, join(work, 'settings.json')]);
  } finally {
    await removeCgroups(work);
    await elasticsearch?.stop();
  }
}

/** Answers behind a Unix socket. */
async function startElasticsearch(socket: string): Promise<{ stop(): Promise<void> }> {
  const elasticsearch = await startSecured(say);
  const { hostname: host, port } = new URL(elasticsearch.openUrl);
  const bridge = await forward({ path: socket }, { host, port: Number(port) });
  return {
    stop: async () => {
      bridge.close();
      await elasticsearch.stop();
    },
  };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`test:install: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
