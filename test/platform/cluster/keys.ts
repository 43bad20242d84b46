import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { authorization } from '../../kit/elasticsearch/file-realm.ts';
import { administrator } from '../../kit/elasticsearch/starter.ts';
import { Secured } from '../../unit/setup/secured.ts';
import { auditseal } from '../../kit/installation.ts';
import { forward } from './forward.ts';
import { namespace } from './helm.ts';
import { elasticsearchUrl, nodeAddress } from './host.ts';
import type { Kubectl } from './kubectl.ts';

/** Elasticsearch with its own security, which whoever comes here has to pass: at its other address he is taken for the administrator. */
export const securedUrl = `http://${nodeAddress}:9201`;

export async function startSecured(): Promise<Secured> {
  const secured = await Secured.start(elasticsearchUrl);
  const { hostname: host, port } = new URL(secured.url);
  await forward({ host: nodeAddress, port: 9201 }, { host, port: Number(port) });
  return secured;
}

/**
 * `auditseal setup` by an administrator, as docs/install.md has it, and a Secret of each key that it makes: `auditseal-elasticsearch` for
 * the agents, `auditseal-read` with one that may read and one for verdicts, and `auditseal-administrator` for the hook job.
 * Returns their names, with the number of keys in each.
 */
export async function makeKeys(folder: string, stream: string, kubectl: Kubectl): Promise<string> {
  const file = (name: string) => join(folder, name);
  const [password, agent, read, verdict] = ['password', 'api-key', 'read-key', 'verdict-key'].map(file);
  await writeFile(password!, `${administrator.password}\n`);
  const credentials = ['--username', administrator.username, '--password-file', password!];
  const keys = ['--output-key-file', agent!, '--with-lookup-key', read!, '--with-verdict-key', verdict!];
  // An embedded Elasticsearch lacks the native library of the better codec.
  const settings = ['--namespace', stream, '--codec', 'default'];
  const made = await auditseal([
    'setup',
    '--url',
    securedUrl,
    '--allow-plaintext',
    ...credentials,
    ...keys,
    ...settings,
  ]);
  if (made.code !== 0) throw new Error([...made.stdout, made.stderr].join('\n'));
  await writeFile(file('administrator-key'), await administratorKey(securedUrl, 'administrator'));
  const secrets = {
    'auditseal-elasticsearch': [`api-key=${agent}`],
    'auditseal-read': [`api-key=${read}`, `verdict-api-key=${verdict}`],
    'auditseal-administrator': [`api-key=${file('administrator-key')}`],
  };
  for (const [name, files] of Object.entries(secrets)) {
    await kubectl.demand('delete', 'secret', name, '-n', namespace, '--ignore-not-found');
    const from = files.map((one) => `--from-file=${one}`);
    await kubectl.demand('create', 'secret', 'generic', name, '-n', namespace, ...from);
  }
  return Object.entries(secrets)
    .map(([name, files]) => `${name} (${files.length})`)
    .join(', ');
}

/** For who installs the templates himself: the hook job, and agents without `setup`. */
export async function administratorKey(url: string, name: string): Promise<string> {
  const all = { cluster: ['all'], indices: [{ names: ['*'], privileges: ['all'] }] };
  const response = await fetch(`${url}/_security/api_key`, {
    method: 'POST',
    headers: { authorization: authorization(administrator), 'content-type': 'application/json' },
    body: JSON.stringify({ name, role_descriptors: { all } }),
  });
  return z.object({ encoded: z.string() }).parse(await response.json()).encoded;
}
