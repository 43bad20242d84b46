import { join } from 'node:path';
import type { ControlPlane } from './control-plane.ts';
import { Kubectl, kubeconfigFor } from './kubectl.ts';
import { Authority } from './pki.ts';
import type { Settings } from './settings.ts';

export interface People {
  /** May read the secrets of one namespace. */
  alice: Kubectl;
  /** May look at one namespace, secrets left out. */
  bob: Kubectl;
  /** May look at all, by a group; neither name is ASCII. */
  zoe: Kubectl;
  /** May do anything. */
  dave: Kubectl;
  /** A service account, by its token. */
  deployer: Kubectl;
  /** Has a certificate of another authority. */
  mallory: Kubectl;
  /** Has a token that is none. */
  eve: Kubectl;
}

const account = 'system:serviceaccount:shop:deployer';
const rbac = 'rbac.authorization.k8s.io';

/** Two namespaces with a secret each, people with rights and without, and a kubectl for each of them. */
export async function makePeople({ admin, authority }: ControlPlane, settings: Settings): Promise<People> {
  await admin.demandWith({ apiVersion: 'v1', kind: 'List', items: world() }, 'create', '-f', '-');
  const users = join(settings.work, 'users');
  const kubectl = (file: string, user: string) => new Kubectl(settings.binaries.kubectl, file, user);
  const person = async (name: string, user: string, groups: string[]) => {
    const certificate = await authority.client(name, user, groups);
    return kubectl(await kubeconfigFor(users, name, authority.file, { certificate }), user);
  };
  const withToken = async (name: string, token: string, user: string) =>
    kubectl(await kubeconfigFor(users, name, authority.file, { token }), user);
  const other = await Authority.make(authority.folder, 'other');
  const forged = await other.client('mallory', 'kubernetes-admin', ['system:masters']);
  const token = await admin.demand('create', 'token', 'deployer', '-n', 'shop');
  return {
    alice: await person('alice', 'alice', ['dev-team', 'oncall']),
    bob: await person('bob', 'bob@example.test', ['dev-team']),
    zoe: await person('zoe', 'Zoë Ørsted 管理者', ['équipe-sécurité']),
    dave: await person('dave', 'dave', ['system:masters']),
    deployer: await withToken('deployer', token.trim(), account),
    mallory: kubectl(await kubeconfigFor(users, 'mallory', authority.file, { certificate: forged }), ''),
    eve: await withToken('eve', 'not-a-token', ''),
  };
}

/** Must appear nowhere in the audit log, whoever reads or writes the secret. */
export const secretText = 'not-for-any-log-8c1f';

function world(): object[] {
  const namespaces = ['shop', 'payments'];
  return [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...namespaces.map((namespace) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'database', namespace },
      stringData: { password: secretText },
    })),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace: 'shop' } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'secrets', namespace: 'shop' },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }],
    },
    binding('RoleBinding', 'Role', 'secrets', { kind: 'User', name: 'alice' }),
    binding('RoleBinding', 'ClusterRole', 'view', { kind: 'User', name: 'bob@example.test' }),
    binding('RoleBinding', 'ClusterRole', 'edit', {
      kind: 'ServiceAccount',
      name: 'deployer',
      namespace: 'shop',
    }),
    binding('ClusterRoleBinding', 'ClusterRole', 'view', { kind: 'Group', name: 'équipe-sécurité' }),
  ];
}

function binding(
  kind: string,
  roleKind: string,
  role: string,
  subject: { kind: string; name: string; namespace?: string },
) {
  const apiGroup = subject.kind === 'ServiceAccount' ? '' : rbac;
  const scope = kind === 'RoleBinding' ? { namespace: 'shop' } : {};
  return {
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name: `${role}-${subject.kind.toLowerCase()}`, ...scope },
    roleRef: { apiGroup: rbac, kind: roleKind, name: role },
    subjects: [{ apiGroup, ...subject }],
  };
}
