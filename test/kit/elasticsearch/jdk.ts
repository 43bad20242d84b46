import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export interface Jdk {
  home: string;
  java: string;
  /** Feature release: 17, 21, 25. */
  release: number;
}

const folders = [
  { path: '/usr/lib/jvm', inside: '' },
  { path: '/opt/java', inside: '' },
  { path: '/opt', inside: '' },
  { path: join(homedir(), '.sdkman/candidates/java'), inside: '' },
  { path: '/Library/Java/JavaVirtualMachines', inside: 'Contents/Home' },
  { path: '/opt/homebrew/opt', inside: 'libexec/openjdk.jdk/Contents/Home' },
];

/**
 * The best JDK of `JAVA_HOME`, `PATH` and the usual folders whose feature release is in
 * `[releaseMin, releaseMax]`; the first of several that fit, undefined if there is none.
 */
export async function findJdk(
  releaseMin: number,
  releaseMax: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Jdk | undefined> {
  for (const home of await candidates(env)) {
    const jdk = await readJdk(home);
    if (jdk && jdk.release >= releaseMin && jdk.release <= releaseMax) return jdk;
  }
  return undefined;
}

async function candidates(env: NodeJS.ProcessEnv): Promise<string[]> {
  const homes: string[] = [];
  if (env['JAVA_HOME']) homes.push(env['JAVA_HOME']);
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    // A java on PATH is mostly a chain of links into the JDK's own bin/.
    const java = await realpath(join(folder, 'java')).catch(() => undefined);
    if (folder !== '' && java !== undefined) homes.push(dirname(dirname(java)));
  }
  for (const { path, inside } of folders) {
    const names = await readdir(path).catch((): string[] => []);
    for (const name of names.toSorted((a, b) => a.localeCompare(b))) homes.push(join(path, name, inside));
  }
  return homes;
}

/** A JRE does not do: the launcher of single source files needs the compiler. */
async function readJdk(home: string): Promise<Jdk | undefined> {
  const java = join(home, 'bin', 'java');
  try {
    await access(java);
    await access(join(home, 'bin', 'javac'));
    const version = /^JAVA_VERSION="(\d+)/m.exec(await readFile(join(home, 'release'), 'utf8'));
    return version?.[1] ? { home, java, release: Number(version[1]) } : undefined;
  } catch {
    return undefined;
  }
}
