import { isFields } from '../event/index.ts';

/** Who authenticated, as far as a name and groups tell it. The groups of an impersonated user are those that were asked for. */
export interface Identity {
  readonly name: string;
  readonly groups: readonly string[];
  readonly isAnonymous: boolean;
  readonly isServiceAccount: boolean;
  readonly isNode: boolean;
  /** A component of the control plane: its own name, or a service account in kube-system. */
  readonly isComponent: boolean;
  /** A controller of Kubernetes that makes pods, or what makes pods, of what others have written. */
  readonly isWorkloadController: boolean;
  /** A person, or a program that uses a person's kind of credentials. */
  readonly isHuman: boolean;
}

const serviceAccount = 'system:serviceaccount:';
/** Their service accounts in kube-system (k8s.io/kubernetes cmd/kube-controller-manager/names, plugin/pkg/auth/authorizer/rbac/bootstrappolicy). */
const workloadControllers: ReadonlySet<string> = new Set(
  [
    'cronjob-controller',
    'daemon-set-controller',
    'deployment-controller',
    'job-controller',
    'replicaset-controller',
    'replication-controller',
    'statefulset-controller',
  ].map((name) => `${serviceAccount}kube-system:${name}`),
);
const nobody: Identity = {
  name: '',
  groups: [],
  isAnonymous: false,
  isServiceAccount: false,
  isNode: false,
  isComponent: false,
  isWorkloadController: false,
  isHuman: false,
};

/** Parsed users are shared between events that have the same text there, so what follows from one is kept with it. */
const known = new WeakMap<object, Identity>();

export function identityOf(user: unknown): Identity {
  if (!isFields(user)) return nobody;
  let identity = known.get(user);
  if (identity === undefined) known.set(user, (identity = identify(user['username'], user['groups'])));
  return identity;
}

function identify(username: unknown, groupList: unknown): Identity {
  const name = typeof username === 'string' ? username : '';
  const groups = Array.isArray(groupList) ? groupList.filter((group) => typeof group === 'string') : [];
  const isAnonymous = name === 'system:anonymous' || groups.includes('system:unauthenticated');
  const isServiceAccount = name.startsWith(serviceAccount);
  const isNode = name.startsWith('system:node:');
  const isSystem = name.startsWith('system:');
  const isComponent =
    name.startsWith(`${serviceAccount}kube-system:`) ||
    (isSystem && !isAnonymous && !isServiceAccount && !isNode && name !== 'system:admin');
  const isHuman = name !== '' && !isAnonymous && (!isSystem || name === 'system:admin');
  const isWorkloadController = workloadControllers.has(name);
  return {
    name,
    groups,
    isAnonymous,
    isServiceAccount,
    isNode,
    isComponent,
    isWorkloadController,
    isHuman,
  };
}
