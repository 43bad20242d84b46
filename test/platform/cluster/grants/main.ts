import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEtcd } from '../../../../bench/etcd/etcd.ts';
import { buildKubernetes } from '../binaries.ts';
import { administrator, Apiserver } from '../canaries/apiserver.ts';
import type { Client, Request } from '../canaries/client.ts';

/**
 * `node test/platform/cluster/grants/main.ts`: eve makes eight grants of cluster-admin at a real kube-apiserver under our own audit
 * policy, each with something in its body by which a log shipper may lose it. Kept as a fixture are the lines of her requests, as they are.
 */
const who = 'eve';
const group = '/apis/rbac.authorization.k8s.io/v1';
const fixture = join(import.meta.dirname, '../../../kit/fixtures/grants/audit.log');
const policy = join(import.meta.dirname, '../../../../manifests/audit-policy.yaml');

const mergePatch = 'application/merge-patch+json';
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };

/** Bytes, one a character: what follows is no UTF-8. */
const bytes = (text: string) => Buffer.from(text, 'latin1');

function subjectsOf(name: string): string {
  return `"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"of-${name}"}]`;
}

/** Each grant by the name of its binding: how it is asked for. */
const grants: Readonly<Record<string, (name: string) => Pick<Request, 'method' | 'type' | 'body'>>> = {
  plain: (name) => ({ method: 'PATCH', type: mergePatch, body: `{${subjectsOf(name)}}` }),
  'not-utf-8': (name) => ({
    method: 'PATCH',
    type: mergePatch,
    body: bytes(`{${subjectsOf(name)},"metadata":{"annotations":{"a":"\u00FF"}}}`),
  }),
  'duplicate-key': (name) => ({
    method: 'PATCH',
    type: mergePatch,
    body: `{${subjectsOf(name)},"x":1,"x":2}`,
  }),
  'spec-is-text': (name) => ({ method: 'PATCH', type: mergePatch, body: `{${subjectsOf(name)},"spec":"x"}` }),
  'rules-is-text': (name) => ({
    method: 'PATCH',
    type: mergePatch,
    body: `{${subjectsOf(name)},"rules":"x"}`,
  }),
  deep: (name) => ({
    method: 'PATCH',
    type: mergePatch,
    body: `{${subjectsOf(name)},"x":${'{"x":'.repeat(300)}1${'}'.repeat(300)}}`,
  }),
  'json-patch': (name) => ({
    method: 'PATCH',
    type: 'application/json-patch+json',
    body: `[{"op":"add","path":"/subjects","value":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"of-${name}"}]}]`,
  }),
  'apply-in-yaml': (name) => ({
    method: 'PATCH',
    type: 'application/apply-patch+yaml',
    body: `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: ${name}}\nroleRef: ${JSON.stringify(roleRef)}\nsubjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: of-${name}}]\n`,
  }),
};

/** Whether the binding now gives cluster-admin to the new subject. */
async function isGranted(server: Apiserver, name: string): Promise<boolean> {
  const { body } = await server.admin('GET', `${group}/clusterrolebindings/${name}`);
  const { roleRef: role, subjects } = JSON.parse(body) as {
    roleRef?: { name?: string };
    subjects?: { name?: string }[];
  };
  return role?.name === roleRef.name && subjects?.some((subject) => subject.name === `of-${name}`) === true;
}

async function grantAll(server: Apiserver, client: Client): Promise<void> {
  for (const [name, asked] of Object.entries(grants)) {
    if (name !== 'apply-in-yaml')
      await server.create(`${group}/clusterrolebindings`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef,
      });
    const query = name === 'apply-in-yaml' ? '?fieldManager=m&force=true' : '';
    const path = `${group}/clusterrolebindings/${name}${query}`;
    const { code, body } = await client.send({ path, ...asked(name) }, `Bearer ${who}`);
    if (!(await isGranted(server, name))) throw new Error(`${name}: ${code} ${body}`);
    console.log(`${name}: ${code}`);
  }
}

async function record(work: string): Promise<void> {
  const etcd = await buildEtcd();
  if ('missing' in etcd) throw new Error(`etcd cannot be built: ${etcd.missing}`);
  const apiserver = join(await buildKubernetes(), 'kube-apiserver');
  const tokens = join(work, 'own-tokens.csv');
  await writeFile(
    tokens,
    [administrator, who].map((user) => `${user},${user},${user},"system:masters"\n`).join(''),
  );
  const flags = [`--audit-policy-file=${policy}`, `--token-auth-file=${tokens}`];
  const server = await Apiserver.start(work, { etcd: etcd.binary, apiserver }, flags);
  try {
    const client = server.client();
    await grantAll(server, client);
    client.close();
  } finally {
    await server.stop();
  }
  const log = await readFile(server.auditLog, 'latin1');
  const lines = log.split('\n').filter((line) => line.includes(`"username":"${who}"`));
  await writeFile(fixture, Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1'));
  console.log(`${lines.length} events`);
}

const work = await mkdtemp(join(tmpdir(), 'auditseal-grants-'));
try {
  await record(work);
} finally {
  await rm(work, { recursive: true, force: true, maxRetries: 10 });
}
