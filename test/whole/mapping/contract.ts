/**
 * What Elastic's 51 public detection rules on `logs-kubernetes.audit_logs-*` read, and where it stands in the apiserver's line:
 * the path there, names in which dots are dots, and arrays looked through.
 */
export const contract: Readonly<Record<string, readonly string[]>> = {
  'user.name': ['user', 'username'],
  'user_agent.original': ['userAgent'],
  'event.action': ['verb'],
  'kubernetes.audit.annotations.authorization_k8s_io/decision': [
    'annotations',
    'authorization.k8s.io/decision',
  ],
  'kubernetes.audit.annotations.authorization_k8s_io/reason': ['annotations', 'authorization.k8s.io/reason'],
  'kubernetes.audit.user.extra.authentication.kubernetes.io/pod-name': [
    'user',
    'extra',
    'authentication.kubernetes.io/pod-name',
  ],
  ...same(
    'verb',
    'stage',
    'level',
    'requestURI',
    'user.username',
    'user.groups',
    'impersonatedUser.username',
    'impersonatedUser.groups',
    'sourceIPs',
    'userAgent',
    'objectRef.resource',
    'objectRef.namespace',
    'objectRef.name',
    'objectRef.subresource',
    'objectRef.apiGroup',
    'responseStatus.code',
    'responseStatus.message',
    'responseStatus.reason',
    'responseStatus.status',
    'requestObject.spec.containers.image',
    'requestObject.spec.containers.securityContext.privileged',
    'requestObject.spec.containers.securityContext.capabilities.add',
    'requestObject.spec.volumes.hostPath.path',
    'requestObject.spec.hostPID',
    'requestObject.spec.hostNetwork',
    'requestObject.spec.hostIPC',
    'requestObject.spec.serviceAccountName',
    'requestObject.spec.type',
    'requestObject.roleRef.name',
    'requestObject.rules.verbs',
    'requestObject.rules.resources',
    'responseObject.rules.verbs',
    'responseObject.rules.resources',
  ),
};

/** What is mapped beyond the contract, for people to search bodies by. */
export const searched: Readonly<Record<string, readonly string[]>> = same(
  'requestObject.metadata.name',
  'requestObject.subjects.name',
  'requestObject.subjects.kind',
  'requestObject.roleRef.kind',
  'requestObject.rules.apiGroups',
  'requestObject.spec.containers.command',
  'requestObject.spec.nodeName',
  'requestObject.spec.resourceAttributes.resource',
  'requestObject.op',
  'requestObject.path',
  'responseObject.metadata.uid',
);

function same(...fields: string[]): Record<string, string[]> {
  return Object.fromEntries(fields.map((field) => [`kubernetes.audit.${field}`, field.split('.')]));
}

export type Value = string | number | boolean;

/** The values at a path of a parsed line, as Elasticsearch indexes them: each once. */
export function valuesAt(value: unknown, path: readonly string[]): Set<Value> {
  if (Array.isArray(value)) return new Set(value.flatMap((item) => [...valuesAt(item, path)]));
  const [name, ...rest] = path;
  if (name === undefined)
    return new Set(['string', 'number', 'boolean'].includes(typeof value) ? [value as Value] : []);
  if (typeof value !== 'object' || value === null || !(name in value)) return new Set();
  return valuesAt((value as Record<string, unknown>)[name], rest);
}
