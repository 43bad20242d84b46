import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ElasticsearchStartError } from './errors.ts';
import type { JarSettings } from './jars.ts';

/**
 * Fetches the dependencies of a POM for this version of Elasticsearch into `folder/jars`, with what they hold under META-INF/es-plugins.
 * Throws ElasticsearchStartError `no-maven`, `fetch-failed` or `aborted`.
 */
export async function runMaven(
  { version, jdk, log, signal }: JarSettings,
  pom: string,
  folder: string,
): Promise<void> {
  // Maven writes markers beside the POM, so it gets a copy.
  await copyFile(pom, join(folder, 'pom.xml'));
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
