import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { ElasticsearchStartError } from './errors.ts';
import type { Jdk } from './jdk.ts';

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
  const cacheDir = settings.cacheDir ?? defaultCacheDir();
  const target = join(cacheDir, `elasticsearch-${settings.version}`);
  if (await exists(target)) return target;
  await mkdir(cacheDir, { recursive: true });
  const temporary = await mkdtemp(`${target}.part-`);
  try {
    settings.log(`fetching the jars of Elasticsearch ${settings.version} (about 44 MB, once) into ${target}`);
    await runMaven(settings, temporary);
    await arrange(temporary);
    // Only a whole folder ever gets the name. Of two processes at once the second finds it taken, which is as good.
    await rename(temporary, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return target;
}

function defaultCacheDir(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'auditseal');
}

async function runMaven({ version, jdk, log, signal }: JarSettings, folder: string): Promise<void> {
  // Maven writes markers beside the POM, so it gets a copy.
  await copyFile(join(import.meta.dirname, 'pom.xml'), join(folder, 'pom.xml'));
  const maven = spawn(
    'mvn',
    [
      '--batch-mode',
      '-Dstyle.color=never',
      'dependency:copy-dependencies',
      'dependency:unpack-dependencies',
      `-Delasticsearch.version=${version}`,
      `-DoutputDirectory=${join(folder, 'jars')}`,
      '-Dmdep.unpack.includes=META-INF/es-plugins/**',
    ],
    {
      cwd: folder,
      env: { ...process.env, JAVA_HOME: jdk.home },
      stdio: ['ignore', 'pipe', 'ignore'],
      signal,
    },
  );
  const exited = once(maven, 'exit');
  exited.catch(() => undefined);
  const errors: string[] = [];
  for await (const line of createInterface({ input: maven.stdout })) {
    const jar = /^(?:\[INFO\] )?Downloaded .*\/([^/]+\.jar) \((.*)\)/.exec(line);
    if (jar) log(`  ${jar[1]} (${jar[2]})`);
    if (line.startsWith('[ERROR]')) errors.push(line.slice(8));
  }
  const [code] = await exited.catch((error: unknown) => {
    throw mavenError(error);
  });
  if (code !== 0) {
    const why = errors.slice(0, 3).join(' ') || `mvn ended with ${String(code)}`;
    throw new ElasticsearchStartError(
      'fetch-failed',
      `Maven could not fetch Elasticsearch ${version}: ${why}`,
    );
  }
}

function mavenError(cause: unknown): ElasticsearchStartError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT')
    return new ElasticsearchStartError('no-maven', 'mvn is not on PATH: install Maven 3.6 or newer', {
      cause,
    });
  if (code === 'ABORT_ERR')
    return new ElasticsearchStartError('aborted', 'fetching Elasticsearch was aborted', { cause });
  return new ElasticsearchStartError('fetch-failed', `mvn could not be run: ${String(cause)}`, { cause });
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

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
