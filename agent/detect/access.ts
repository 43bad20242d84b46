import type { Fields } from '../event/index.ts';
import { fieldsIn, objectsIn, textIn, textsIn } from './body.ts';

/** What a binding gives, and to whom. */
export interface Binding {
  readonly role: string;
  /** `User:NAME`, `Group:NAME`, `ServiceAccount:NAMESPACE:NAME`. */
  readonly subjects: readonly string[];
}

export function bindingOf(object: Fields): Binding {
  return {
    role: textIn(fieldsIn(object, 'roleRef'), 'name'),
    subjects: objectsIn(object, 'subjects').map((subject) =>
      [textIn(subject, 'kind'), textIn(subject, 'namespace'), textIn(subject, 'name')]
        .filter((part) => part !== '')
        .join(':'),
    ),
  };
}

/** What a rule of a role says. */
interface Grant {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  readonly resources: readonly string[];
}

/** A power by its name, and when a grant gives it. */
const powers: readonly (readonly [name: string, gives: (grant: Grant) => boolean])[] = [
  ['everything', ({ verbs, resources }) => verbs.includes('*') && resources.includes('*')],
  ['every verb', ({ verbs, resources }) => verbs.includes('*') && resources.length > 0],
  ['every resource', ({ resources }) => resources.includes('*')],
  ['escalate', (grant) => may(grant, ['escalate'], ['roles', 'clusterroles'])],
  ['bind', (grant) => may(grant, ['bind'], ['roles', 'clusterroles'])],
  [
    'impersonate',
    ({ verbs }) => verbs.some((verb) => verb === 'impersonate' || verb.startsWith('impersonate:')),
  ],
  ['write rbac', (grant) => may(grant, writing, rbacResources)],
  ['read secrets', (grant) => may(grant, ['get', 'list', 'watch'], ['secrets'])],
  ['make tokens', (grant) => may(grant, ['create'], ['serviceaccounts/token'])],
  ['run commands', (grant) => may(grant, ['create', 'get'], ['pods/exec', 'pods/attach'])],
  ['reach nodes', (grant) => may(grant, ['get', 'create'], ['nodes/proxy'])],
  ['add containers', (grant) => may(grant, ['update', 'patch'], ['pods/ephemeralcontainers'])],
  [
    'approve certificates',
    (grant) => may(grant, ['update', 'patch'], ['certificatesigningrequests/approval']),
  ],
  ['write webhooks', (grant) => may(grant, writing, webhooks)],
  ['make workloads', (grant) => may(grant, ['create'], workloads)],
  ['write', ({ verbs }) => verbs.some((verb) => verb === '*' || writing.includes(verb))],
];

const writing = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const rbacResources = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'];
const webhooks = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'];
const workloads = [
  'pods',
  'deployments',
  'daemonsets',
  'statefulsets',
  'replicasets',
  'replicationcontrollers',
  'jobs',
  'cronjobs',
];

/** The names of all powers, as documentation lists them. */
export const powerNames: readonly string[] = powers.map(([name]) => name);

/** The powers that a role's rules give, by name. Whatever API group the rule names: a role that says so is looked at. */
export function powersOf(object: Fields): string[] {
  const grants = objectsIn(object, 'rules').map((rule) => ({
    verbs: textsIn(rule, 'verbs'),
    groups: textsIn(rule, 'apiGroups'),
    resources: textsIn(rule, 'resources'),
  }));
  return powers.filter(([, gives]) => grants.some((grant) => gives(grant))).map(([name]) => name);
}

function may({ verbs, resources }: Grant, wanted: readonly string[], on: readonly string[]): boolean {
  return (
    verbs.some((verb) => verb === '*' || wanted.includes(verb)) &&
    resources.some((resource) => resource === '*' || on.some((one) => isOf(resource, one)))
  );
}

/** A rule may name a subresource of every resource, as in `*` + `/exec`. */
function isOf(resource: string, wanted: string): boolean {
  if (resource === wanted) return true;
  const slash = wanted.indexOf('/');
  return slash >= 0 && resource === `*${wanted.slice(slash)}`;
}
