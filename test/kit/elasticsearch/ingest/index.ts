import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../cache.ts';
import type { JarSettings } from '../jars.ts';

const run = promisify(execFile);
const source = join(import.meta.dirname, 'DropOnly.java');

/** A folder of one module to add to the `distribution`, with which ingest pipelines may hold `drop`; compiled the first time. */
export async function dropProcessor(settings: JarSettings, distribution: string): Promise<string> {
  const { version, jdk } = settings;
  const digest = createHash('sha256')
    .update(await readFile(source))
    .digest('hex');
  const name = `elasticsearch-drop-${version}-${digest.slice(0, 16)}`;
  return await cached(settings.cacheDir, name, async (folder) => {
    const [module, classes] = [join(folder, 'drop-only'), join(folder, 'work')];
    await mkdir(module);
    const tool = (program: 'javac' | 'jar', ...parameters: string[]) =>
      run(join(jdk.home, 'bin', program), parameters, { cwd: folder });
    const path = ['lib/*', 'modules/transport-netty4/*'].map((jars) => join(distribution, jars));
    await tool('javac', '-cp', path.join(delimiter), '-d', classes, source);
    await tool('jar', '--create', '--file', join(module, 'drop-only.jar'), '-C', classes, '.');
    const descriptor = {
      name: 'drop-only',
      description: 'The drop processor',
      version,
      'elasticsearch.version': version,
      'java.version': '17',
      classname: 'auditseal.test.DropOnly',
    };
    const lines = Object.entries(descriptor).map(([key, value]) => `${key}=${value}\n`);
    await writeFile(join(module, 'plugin-descriptor.properties'), lines.join(''));
    await rm(classes, { recursive: true });
  });
}
