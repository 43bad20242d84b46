import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import manifest from '../../../package.json' with { type: 'json' };
import { bundle } from '../../../build/bundle.ts';
import { root } from '../../../build/root.ts';
import { sbom } from '../../../build/sbom.ts';
import { packageFolders } from '../../../build/third-party-licenses.ts';
import {
  countEvents,
  startAgent,
  temporaryFolder,
  until,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import {
  allDocuments,
  deleteDocument,
  randomNamespace,
  refresh,
  removeNamespace,
} from '../../kit/elasticsearch/index.ts';
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import { installPackage, run } from './installed.ts';
import type { Installed } from './installed.ts';

const url = inject('elasticsearchUrl');
const place = await temporaryFolder();
let installed: Installed;

beforeAll(async () => {
  installed = await installPackage(place.path);
});
afterAll(() => place[Symbol.asyncDispose]());

const auditseal = (...parameters: string[]) => run(installed.command, parameters, installed.folder);

test('the package has the commands, the files that they read, licences and the SBOM, and nothing else', () => {
  const chunks = installed.files.filter((name) => /^[a-z-]+\d?\.js$/u.test(name));
  expect(installed.files.filter((name) => !chunks.includes(name))).toEqual([
    'LICENSE',
    'README.md',
    'THIRD-PARTY-LICENSES.txt',
    'auditseal.1',
    'auditseal.cdx.json',
    'default-policy.yaml',
    'elastic-rules.json',
    'package.json',
    'recommended.yaml',
    'rules/credential-access.yaml',
    'rules/defense-evasion.yaml',
    'rules/discovery.yaml',
    'rules/execution.yaml',
    'rules/impact.yaml',
    'rules/initial-access.yaml',
    'rules/persistence.yaml',
    'rules/privilege-escalation.yaml',
    'style.css',
  ]);
  expect(chunks).toEqual(expect.arrayContaining(['auditseal.js', 'main.js', 'worker.js']));
});

test('it installs without a registry, depends on nothing, and says its version through npx', async () => {
  const own = await readFile(join(installed.folder, 'node_modules/auditseal/package.json'), 'utf8');
  expect(JSON.parse(own)).toEqual({
    name: 'auditseal',
    version: manifest.version,
    description: manifest.description,
    license: 'Apache-2.0',
    keywords: manifest.keywords,
    homepage: manifest.homepage,
    repository: manifest.repository,
    bugs: manifest.bugs,
    type: 'module',
    bin: { auditseal: 'auditseal.js' },
    man: ['./auditseal.1'],
    engines: { node: '>=24' },
  });
  const { code, out } = await run('npx', ['auditseal', 'version'], installed.folder);
  expect([code, out]).toEqual([0, `auditseal ${manifest.version} (Node ${process.versions.node})\n`]);
});

test('the manual page has a section for each command, and no line that roff would take for a request', async () => {
  const page = await readFile(join(installed.built, 'auditseal.1'), 'utf8');
  expect(page.match(/^\.SS .+$/gmu)).toEqual(
    expect.arrayContaining([
      '.SS auditseal verify',
      '.SS auditseal statement retire',
      '.SS auditseal version',
    ]),
  );
  const requests = page.match(/^[.'].*$/gmu) ?? [];
  expect(requests.filter((line) => !/^\.(?:TH|SH|SS|nf|fi|B|I|RI)\b/u.test(line))).toEqual([]);
});

test('an older Node gets a sentence and exit code 2, which is not that of a tampered log', async () => {
  const older = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'22.12.0'}})`;
  const parameters = ['--import', older, installed.command, 'verify', '--help'];
  const { code, out, error } = await run(process.execPath, parameters, installed.folder);
  expect([code, out]).toEqual([2, '']);
  expect(error).toMatch(/^auditseal needs Node 24 or newer; \/\S+ is Node 22\.12\.0\. .+\n$/u);
});

test('what is installed runs an agent whose log it verifies, and tells of an event that was deleted', async () => {
  const namespace = randomNamespace();
  await using folder = await temporaryFolder();
  const settings = { elasticsearchUrl: url, namespace, more: { policyFile: undefined } };
  const config = await writeConfig(folder.path, settings);
  const validated = await auditseal('validate', '--config', config);
  expect(validated.out).toMatch(/^# policy: \d+ rules: /mu);

  const writer = await Writer.make(folder.path);
  await writer.lines(50);
  await using agent = await startAgent({ config, command: [installed.command, 'run', '--config'] });
  await until(
    async () => (await countEvents(url, namespace)) > 0,
    () => agent.tail(),
  );
  expect(await agent.stop()).toBe(0);
  expect(agent.said('auditseal starts')[0]?.['service.version']).toBe(manifest.version);

  const verify = async () => {
    for (const stream of [recordStream(namespace), eventStream(namespace)]) await refresh(url, stream);
    return await auditseal('verify', '--url', url, '--namespace', namespace);
  };
  const verified = await verify();
  expect([verified.code, verified.out]).toEqual([0, expect.stringContaining('verdict: verified')]);
  for await (const { index, id } of allDocuments(url, eventStream(namespace))) {
    await deleteDocument(url, index, id);
    break;
  }
  const found = await verify();
  expect([found.code, found.out]).toEqual([1, expect.stringMatching(/^missing: .+\/kube-apiserver\//mu)]);
  await removeNamespace(url, namespace);
});

const bomSchema = z.object({
  metadata: z.object({ component: z.object({ name: z.string(), version: z.string() }) }),
  components: z.array(z.object({ name: z.string(), version: z.string(), purl: z.string() })),
});

test('each bundled package is in the SBOM and in the file of licences, and no development dependency is', async () => {
  await using folder = await temporaryFolder();
  const modules = (await bundle(folder.path)).filter((id) => id.includes('/node_modules/'));
  const bundled = await Promise.all(
    packageFolders(modules, '').map(async (path) => {
      const text = await readFile(join(path, 'package.json'), 'utf8');
      return z.object({ name: z.string(), version: z.string() }).parse(JSON.parse(text));
    }),
  );
  const bom = bomSchema.parse(
    JSON.parse(await readFile(join(installed.built, 'auditseal.cdx.json'), 'utf8')),
  );
  const licences = await readFile(join(installed.built, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  expect(bundled.map(({ name }) => name)).toEqual(expect.arrayContaining(['@elastic/transport', 'zod']));
  for (const { name, version } of bundled) {
    expect(bom.components).toContainEqual(expect.objectContaining({ name, version }));
    expect(licences).toMatch(new RegExp(`^${name} ${version}, `, 'mu'));
  }
  const names = bom.components.map(({ name }) => name);
  for (const name of Object.keys(manifest.devDependencies)) expect(names).not.toContain(name);
  expect(bom.metadata.component).toEqual({ name: 'auditseal', version: manifest.version });
});

test('a folder that holds something else is not emptied for the build', async () => {
  await using folder = await temporaryFolder();
  const kept = join(folder.path, 'kept');
  await writeFile(kept, '');
  const { code, error } = await run(process.execPath, [join(root, 'build/main.ts'), folder.path], root);
  expect([code, error]).toEqual([1, expect.stringContaining('not an earlier build')]);
  await access(kept);
});

test('one lockfile gives one SBOM', async () => {
  expect(await sbom()).toBe(await sbom());
});
