import { chown, copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test as always } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import {
  countEvents,
  startAgent,
  temporaryFolder,
  until,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { Authority } from '../../kit/certificates.ts';
import { tlsRelay } from '../../kit/relays.ts';
import { refresh, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { securedElasticsearch } from '../../kit/elasticsearch/secured.ts';
import { administrator } from '../../kit/elasticsearch/starter.ts';
import { KibanaStandIn } from '../../unit/kibana/stand-in.ts';
import { Secured } from '../../unit/setup/secured.ts';
import { buildImage } from './build-image.ts';
import { Unpacked } from './container.ts';
import { dockerRun, dockerRuns } from './docker.ts';

const repository = join(import.meta.dirname, '../../..');
const reference = `localhost/auditseal:${manifest.version}`;
/** Whoever is not root, and owns no file of the image. */
const uid = 1234;
const node = await securedElasticsearch();
const test = always.skipIf(!node);

let image: Unpacked;
beforeAll(async () => {
  image = await Unpacked.open(await buildImage({ reference }), reference);
}, 900_000);
afterAll(() => image[Symbol.asyncDispose]());

/** The names of the documents, with TLS: Elasticsearch with its own security, and what answers for Kibana. In the folder what its user has. */
async function scene() {
  const folder = await temporaryFolder();
  const [files, certificates] = [join(folder.path, 'files'), join(folder.path, 'certificates')];
  for (const path of [files, certificates]) await mkdir(path, { mode: 0o700 });
  const authority = await Authority.make(certificates, 'authority');
  const identity = await authority.identity('server', 'DNS:elasticsearch.example,DNS:kibana.example');
  const server = await Secured.start(node!.openUrl);
  const { username, password } = administrator;
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const kibana = await KibanaStandIn.start({ users: { [basic]: 'write' }, tls: identity });
  const relay = await tlsRelay(server.url, () => identity);

  for (const name of ['ca.pem', 'kibana-ca.pem']) await copyFile(authority.file, join(files, name));
  await writeFile(join(files, 'password'), `${password}\n`, { mode: 0o600 });
  for (const name of ['', 'ca.pem', 'kibana-ca.pem', 'password']) await chown(join(files, name), uid, uid);
  await chown(folder.path, uid, uid);
  const hosts = join(folder.path, 'hosts');
  await writeFile(hosts, '127.0.0.1 localhost elasticsearch.example kibana.example\n');

  const run = (command: string) =>
    dockerRun(
      image,
      command
        .replace('elasticsearch.example:9200', `elasticsearch.example:${relay.port}`)
        .replace('kibana.example:5601', `kibana.example:${new URL(kibana.url).port}`)
        // An embedded Elasticsearch lacks the native library of the better codec.
        .replace(/ setup /u, ' setup --codec default '),
      { uid, folder: files },
      [{ source: hosts, destination: '/etc/hosts' }],
    );
  return {
    files,
    url: server.url,
    kibana,
    run,
    async [Symbol.asyncDispose]() {
      for (const one of [relay, kibana, server, folder]) await one[Symbol.asyncDispose]();
    },
  };
}

/** An agent with the key that setup made writes to this namespace; returns the verifier key that it says. */
async function ship(folder: string, url: string, namespace: string, keyFile: string): Promise<string> {
  await using place = await temporaryFolder();
  const config = await writeConfig(place.path, {
    elasticsearchUrl: url,
    namespace,
    elasticsearch: { apiKeyFile: join(folder, keyFile) },
  });
  const writer = await Writer.make(place.path);
  await using agent = await startAgent({ config });
  await writer.line(JSON.stringify(secretRead()));
  await until(
    async () => (await countEvents(node!.openUrl, namespace)) === 1,
    () => `the event did not arrive: ${agent.tail()}`,
  );
  expect(await agent.stop()).toBe(0);
  for (const stream of [recordStream(namespace), eventStream(namespace)])
    await refresh(node!.openUrl, stream);
  const [opened] = agent.said(/^log open$/u);
  return String(opened?.['auditseal.vkey']);
}

function secretRead() {
  const now = new Date().toISOString();
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: 'a-read',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/lab/secrets/db',
    verb: 'get',
    user: { username: 'mallory' },
    sourceIPs: ['127.0.0.1'],
    objectRef: { resource: 'secrets', namespace: 'lab', name: 'db', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: now,
    stageTimestamp: now,
  };
}

/** `docker run …` of a document by the command of auditseal that it runs. */
async function commandsOf(document: string): Promise<(name: string) => string> {
  const all = dockerRuns(await readFile(join(repository, document), 'utf8'));
  return (name) => {
    const found = all.filter((text) => text.includes(`registry.example/auditseal:0.1.0 ${name} `));
    expect(found, `${document}: docker run … ${name}`).toHaveLength(1);
    return found[0]!;
  };
}

test('who has no Node sets up, asks and verifies by docker run, as docs/install.md prints it', async () => {
  const namespace = 'auditseal';
  await using at = await scene();
  const command = await commandsOf('docs/install.md');

  const setUp = await at.run(command('setup'));
  expect(setUp, setUp.error).toMatchObject({ code: 0 });
  for (const name of ['api-key', 'read-key']) {
    const { uid: owner, mode } = await stat(join(at.files, name));
    expect({ owner, mode: mode & 0o777 }).toEqual({ owner: uid, mode: 0o600 });
  }
  expect(at.kibana.spaces.get('default')?.dashboards.size).toBe(4);

  const vkey = await ship(at.files, at.url, namespace, 'api-key');
  const trusted = await at.run(`${command('trust')} '${vkey}'`);
  expect(trusted, trusted.error).toMatchObject({ code: 0, error: '' });
  expect((await stat(join(at.files, 'trust.json'))).uid).toBe(uid);

  const verified = await at.run(command('verify'));
  expect(verified, verified.error).toMatchObject({ code: 0 });
  expect(verified.out).toContain('verdict: verified');

  const asked = await at.run(command('who'));
  expect(asked, asked.error).toMatchObject({ code: 0 });
  expect(asked.out).toMatch(/^mallory +get +secrets +lab +db +200 ok +1 /mu);
  await removeNamespace(node!.openUrl, namespace);
});

test('what only you may read is not read by another user in the container', async () => {
  await using at = await scene();
  const setUp = await commandsOf('docs/install.md');
  const refused = await at.run(setUp('setup').replace('$(id -u):$(id -g)', '65532:65532'));
  expect(refused.code).not.toBe(0);
  expect(refused.error).toMatch(/EACCES|permission denied/u);
});
