import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../cache.ts';
import type { JarSettings } from '../jars.ts';
import { runMaven } from '../maven.ts';
import { absentClasses, absentModules } from './absent.ts';

const run = promisify(execFile);
const own = ['index.ts', 'absent.ts', 'pom.xml', 'EmailAnalysis.java'].map((name) =>
  join(import.meta.dirname, name),
);

type Module = 'x-pack-core' | 'x-pack-security' | 'x-pack-kql';

/**
 * A folder of modules to add to the `distribution`: x-pack-core, x-pack-security and x-pack-kql as Maven Central has them (9.5),
 * fetched the first time. Of what they name and Maven Central lacks there are empty modules and interfaces: enough as long as no
 * SAML realm is configured. Throws ElasticsearchStartError `no-maven`, `fetch-failed` or `aborted`.
 */
export async function xPack(settings: JarSettings, distribution: string): Promise<string> {
  const sources = await Promise.all(own.map((file) => readFile(file)));
  const digest = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 16);
  const name = `elasticsearch-x-pack-${settings.version}-${digest}`;
  return await cached(settings.cacheDir, name, async (folder, target) => {
    settings.log(`fetching Elasticsearch's security and KQL (about 34 MB, once) into ${target}`);
    await runMaven(settings, join(import.meta.dirname, 'pom.xml'), folder);
    await arrange(folder, distribution);
    const tool = (program: 'javac' | 'jar', ...parameters: string[]) =>
      run(join(settings.jdk.home, 'bin', program), parameters, { cwd: folder });
    const work = join(folder, 'work');
    for (const [module, names] of Object.entries(absentModules))
      for (const absent of names) await standIn(work, absent, join(folder, module), tool);
    await emailAnalysis(settings.version, folder, distribution, tool);
    for (const done of ['jars', 'work', 'target', 'pom.xml'])
      await rm(join(folder, done), { recursive: true, force: true });
  });
}

type Tool = (program: 'javac' | 'jar', ...parameters: string[]) => Promise<unknown>;

/** Each plugin is a module with a class loader of its own; what the server has already, none may bring again. */
async function arrange(folder: string, distribution: string): Promise<void> {
  const jars = join(folder, 'jars');
  const ofServer = await readdir(join(distribution, 'lib'));
  for (const module of ['x-pack-core', 'x-pack-security', 'x-pack-kql'])
    await rename(join(jars, 'META-INF', 'es-plugins', module), join(folder, module));
  for (const jar of await readdir(jars))
    if (jar.endsWith('.jar') && !ofServer.includes(jar))
      await rename(join(jars, jar), join(folder, moduleOf(jar), jar));
  // The official distribution has the transport twice, too.
  const netty = join(distribution, 'modules', 'transport-netty4');
  for (const jar of await readdir(netty))
    if (jar.endsWith('.jar')) await copyFile(join(netty, jar), join(folder, 'x-pack-security', jar));
}

const starts: readonly [Module, RegExp][] = [
  ['x-pack-kql', /^(?:x-pack-kql|antlr4-runtime)-/u],
  [
    'x-pack-security',
    /^(?:x-pack-security|nimbus|oauth2|json-smart|accessors-smart|asm|jcip|content-type|lang-tag)-/u,
  ],
];

function moduleOf(jar: string): Module {
  return starts.find(([, pattern]) => pattern.test(jar))?.[0] ?? 'x-pack-core';
}

/** A module of that name, empty but for the interfaces that signatures of the security plugin name. */
async function standIn(work: string, module: string, into: string, tool: Tool): Promise<void> {
  const classes = join(work, module);
  await mkdir(classes, { recursive: true });
  const sources: string[] = [];
  for (const name of absentClasses[module] ?? []) {
    const source = join(work, `${name.replaceAll('.', '/')}.java`);
    const at = name.lastIndexOf('.');
    await mkdir(dirname(source), { recursive: true });
    await writeFile(source, `package ${name.slice(0, at)};\npublic interface ${name.slice(at + 1)} {}\n`);
    sources.push(source);
  }
  if (sources.length > 0) await tool('javac', '-d', classes, ...sources);
  const manifest = join(work, `${module}.mf`);
  await writeFile(manifest, `Automatic-Module-Name: ${module}\n`);
  await tool(
    'jar',
    '--create',
    '--file',
    join(into, `${module}.jar`),
    '--manifest',
    manifest,
    '-C',
    classes,
    '.',
  );
}

async function emailAnalysis(
  version: string,
  folder: string,
  distribution: string,
  tool: Tool,
): Promise<void> {
  const [module, classes] = [join(folder, 'email-analysis'), join(folder, 'work', 'email-analysis')];
  await mkdir(module);
  const path = ['lib/*', 'modules/transport-netty4/*'].map((name) => join(distribution, name));
  const source = join(import.meta.dirname, 'EmailAnalysis.java');
  await tool('javac', '-cp', path.join(delimiter), '-d', classes, source);
  await tool('jar', '--create', '--file', join(module, 'email-analysis.jar'), '-C', classes, '.');
  const descriptor = {
    name: 'email-analysis',
    description: 'What the index of users wants for their addresses',
    version,
    'elasticsearch.version': version,
    'java.version': '21',
    classname: 'auditseal.test.EmailAnalysis',
  };
  const lines = Object.entries(descriptor).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(join(module, 'plugin-descriptor.properties'), lines.join(''));
}
