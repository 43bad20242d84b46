import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached } from './cache.ts';
import type { Jdk } from './jdk.ts';
import { runMaven } from './maven.ts';

export interface JarSettings {
  version: string;
  jdk: Jdk;
  cacheDir?: string | undefined;
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * The folder of a runnable Elasticsearch, fetched with Maven the first time:
 * `lib/` for the module path and `modules/transport-netty4/` as the server's own distribution has it.
 * Throws ElasticsearchStartError `no-maven`, `fetch-failed` or `aborted`.
 */
export async function distribution(settings: JarSettings): Promise<string> {
  return await cached(settings.cacheDir, `elasticsearch-${settings.version}`, async (folder, target) => {
    settings.log(`fetching the jars of Elasticsearch ${settings.version} (about 44 MB, once) into ${target}`);
    await runMaven(settings, join(import.meta.dirname, 'pom.xml'), folder);
    await arrange(folder);
  });
}

/** Netty and its transport are a module of the server with a class loader of their own, all else is the module path. */
async function arrange(folder: string): Promise<void> {
  const jars = join(folder, 'jars');
  const lib = join(folder, 'lib');
  const netty = join(folder, 'modules', 'transport-netty4');
  await mkdir(lib);
  await mkdir(dirname(netty));
  await rename(join(jars, 'META-INF', 'es-plugins', 'transport-netty4'), netty);
  for (const name of await readdir(jars)) {
    if (!name.endsWith('.jar')) continue;
    const ofNetty = name.startsWith('netty-') || name.startsWith('transport-netty4-');
    await rename(join(jars, name), join(ofNetty ? netty : lib, name));
  }
  for (const name of ['jars', 'target', 'pom.xml'])
    await rm(join(folder, name), { recursive: true, force: true });
}
