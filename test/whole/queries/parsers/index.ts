import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { distribution } from '../../../kit/elasticsearch/jars.ts';
import { findJdk } from '../../../kit/elasticsearch/jdk.ts';
import type { Jdk } from '../../../kit/elasticsearch/jdk.ts';

export interface Parsed {
  errors: string[];
  /** Of fields and columns, as they stand there. */
  names: string[];
  functions: string[];
}

const run = promisify(execFile);
const version = '9.5.3';

/** A JDK that Elasticsearch's classes run on, and Maven to fetch them; undefined where this machine lacks one. */
export async function parserTools(): Promise<Jdk | undefined> {
  const jdk = await findJdk(21, 99);
  const hasMaven = await run('mvn', ['--version']).then(
    () => true,
    () => false,
  );
  return hasMaven ? jdk : undefined;
}

/** Parses queries with Elasticsearch's own grammars of both languages. */
export async function parse(
  jdk: Jdk,
  queries: readonly { language: 'esql' | 'kql'; text: string }[],
): Promise<Parsed[]> {
  const server = await distribution({ version, jdk, log: () => undefined });
  const path = [await jars(jdk), join(server, 'lib')].map((folder) => join(folder, '*')).join(delimiter);
  const child = spawn(jdk.java, ['-cp', path, join(import.meta.dirname, 'Parse.java')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(queries.map(({ language, text }) => `${language}\0${text}\0`).join(''));
  const exited = once(child, 'close');
  const output = (await child.stdout.setEncoding('utf8').toArray()).join('');
  const [code] = (await exited) as [number];
  if (code !== 0) throw new Error(`the parsers ended with ${code}`);
  return output
    .split('query\n')
    .slice(1)
    .map((text) => {
      const lines = text.split('\n');
      const of = (kind: string) =>
        lines.flatMap((line) => (line.startsWith(`${kind} `) ? line.slice(kind.length + 1) : []));
      return { errors: of('error'), names: of('name'), functions: of('function') };
    });
}

/** The folder with the jars, fetched the first time. */
async function jars(jdk: Jdk): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'auditseal');
  const target = join(cache, `elasticsearch-parsers-${version}`);
  if (await exists(target)) return target;
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(`${target}.part-`);
  try {
    await copyFile(join(import.meta.dirname, 'pom.xml'), join(temporary, 'pom.xml'));
    const parameters = [
      '--batch-mode',
      '--quiet',
      'dependency:copy-dependencies',
      `-DoutputDirectory=${join(temporary, 'jars')}`,
    ];
    await run('mvn', parameters, { cwd: temporary, env: { ...process.env, JAVA_HOME: jdk.home } });
    // Only a whole folder ever gets the name; of two processes at once the second finds it taken, which is as good.
    await rename(join(temporary, 'jars'), target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return target;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
