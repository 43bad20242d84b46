import { isFields } from '../event/index.ts';
import type { AuditEvent, Fields } from '../event/index.ts';
import { bindingOf, powersOf } from './access.ts';
import type { Binding } from './access.ts';
import { Bodies, objectOf } from './body.ts';
import { identityOf } from './identity.ts';
import { isDenied, isFailed, missing } from './outcome.ts';
import { podOf } from './pod.ts';
import type { Pod } from './pod.ts';
import {
  attackTools,
  execArguments,
  isAttackTool,
  isChange,
  isRead,
  pathOf,
  peerOf,
  toolOf,
} from './request.ts';
import * as settings from './setting.ts';

/** What a variable is worked out from: one event, its line, and what of both was worked out before. */
export class EventReader {
  event: AuditEvent = { kind: 'Event', apiVersion: '', depth: 0 };
  /** The agent's own namespace. */
  readonly ownNamespace: string;
  #line: Buffer = Buffer.alloc(0);
  #bodies: Bodies | undefined;
  #object: Fields | undefined;
  #pod: Pod | undefined;
  #binding: Binding | undefined;
  #powers: readonly string[] | undefined;

  constructor(ownNamespace: string) {
    this.ownNamespace = ownNamespace;
  }

  /** Goes on to another event. */
  begin(event: AuditEvent, line: Buffer): void {
    this.event = event;
    this.#line = line;
    this.#bodies = undefined;
    this.#object = undefined;
    this.#pod = undefined;
    this.#binding = undefined;
    this.#powers = undefined;
  }

  /** Lets go of the event: a line's buffer is large and used again. */
  end(): void {
    this.begin(this.event, nothing);
  }

  get bodies(): Bodies {
    return (this.#bodies ??= new Bodies(this.#line));
  }

  get object(): Fields {
    return (this.#object ??= objectOf(this.bodies));
  }

  get pod(): Pod {
    return (this.#pod ??= podOf(this.object));
  }

  get binding(): Binding {
    return (this.#binding ??= bindingOf(this.object));
  }

  get powers(): readonly string[] {
    return (this.#powers ??= powersOf(this.object));
  }
}

const nothing = Buffer.alloc(0);

/** A type of CEL that a variable can have. */
export type VariableType =
  'string' | 'int' | 'bool' | 'list<string>' | 'map<string, string>' | 'map<string, list<string>>' | 'dyn';

/** Something that conditions can read by a name. */
export interface Variable {
  readonly type: VariableType;
  /** What it is, for whoever writes a rule. */
  readonly about: string;
  /**
   * What its value follows from. `kind`: from little enough that it is known of a whole kind of events (see Candidates), which is then
   * told by it. `body`: what was sent or answered, so that it is empty at level Metadata.
   */
  readonly from: 'kind' | 'head' | 'body';
  readonly read: (reader: EventReader) => unknown;
}

function ofKind(type: VariableType, about: string, read: (event: AuditEvent) => unknown): Variable {
  return { type, about, from: 'kind', read: (reader) => read(reader.event) };
}

function ofHead(type: VariableType, about: string, read: (event: AuditEvent) => unknown): Variable {
  return { type, about, from: 'head', read: (reader) => read(reader.event) };
}

function ofBody(type: VariableType, about: string, read: (reader: EventReader) => unknown): Variable {
  return { type, about, from: 'body', read };
}

const asGiven = 'as the event has it';

/** The members of `event` that have a value, by their paths. A text that is missing is `""`, a list or map empty, a code 0. */
export const eventMembers: Readonly<Record<string, Variable>> = {
  'event.level': ofKind('string', asGiven, ({ level }) => text(level)),
  'event.stage': ofKind('string', asGiven, ({ stage }) => text(stage)),
  'event.verb': ofKind('string', asGiven, ({ verb }) => text(verb)),
  'event.objectRef.resource': ofKind('string', asGiven, reference('resource')),
  'event.objectRef.subresource': ofKind('string', asGiven, reference('subresource')),
  'event.objectRef.apiGroup': ofKind('string', asGiven, reference('apiGroup')),
  'event.objectRef.apiVersion': ofHead('string', asGiven, reference('apiVersion')),
  'event.objectRef.namespace': ofHead('string', asGiven, reference('namespace')),
  'event.objectRef.name': ofHead('string', asGiven, reference('name')),
  'event.objectRef.uid': ofHead('string', asGiven, reference('uid')),
  'event.objectRef.resourceVersion': ofHead('string', asGiven, reference('resourceVersion')),
  'event.auditID': ofHead('string', asGiven, ({ auditID }) => text(auditID)),
  'event.requestURI': ofHead('string', asGiven, ({ requestURI }) => text(requestURI)),
  'event.userAgent': ofHead('string', asGiven, ({ userAgent }) => text(userAgent)),
  'event.sourceIPs': ofHead('list<string>', asGiven, ({ sourceIPs }) => texts(sourceIPs)),
  'event.requestReceivedTimestamp': ofHead('string', asGiven, (event) =>
    text(event.requestReceivedTimestamp),
  ),
  'event.stageTimestamp': ofHead('string', asGiven, ({ stageTimestamp }) => text(stageTimestamp)),
  'event.annotations': ofHead('map<string, string>', asGiven, ({ annotations }) => mapOf(annotations)),
  'event.user.username': ofHead('string', asGiven, ({ user }) => text(memberOf(user, 'username'))),
  'event.user.uid': ofHead('string', asGiven, ({ user }) => text(memberOf(user, 'uid'))),
  'event.user.groups': ofHead('list<string>', asGiven, ({ user }) => texts(memberOf(user, 'groups'))),
  'event.user.extra': ofHead('map<string, list<string>>', asGiven, ({ user }) =>
    mapOf(memberOf(user, 'extra')),
  ),
  'event.impersonatedUser.username': ofHead('string', asGiven, ({ impersonatedUser }) =>
    text(memberOf(impersonatedUser, 'username')),
  ),
  'event.impersonatedUser.uid': ofHead('string', asGiven, ({ impersonatedUser }) =>
    text(memberOf(impersonatedUser, 'uid')),
  ),
  'event.impersonatedUser.groups': ofHead('list<string>', asGiven, ({ impersonatedUser }) =>
    texts(memberOf(impersonatedUser, 'groups')),
  ),
  'event.impersonatedUser.extra': ofHead('map<string, list<string>>', asGiven, ({ impersonatedUser }) =>
    mapOf(memberOf(impersonatedUser, 'extra')),
  ),
  'event.authenticationMetadata.impersonationConstraint': ofHead(
    'string',
    asGiven,
    ({ authenticationMetadata }) => text(memberOf(authenticationMetadata, 'impersonationConstraint')),
  ),
  'event.responseStatus.code': ofKind('int', asGiven, ({ responseStatus }) =>
    whole(memberOf(responseStatus, 'code')),
  ),
  'event.responseStatus.status': ofHead('string', asGiven, ({ responseStatus }) =>
    text(memberOf(responseStatus, 'status')),
  ),
  'event.responseStatus.message': ofHead('string', asGiven, ({ responseStatus }) =>
    text(memberOf(responseStatus, 'message')),
  ),
  'event.responseStatus.reason': ofHead('string', asGiven, ({ responseStatus }) =>
    text(memberOf(responseStatus, 'reason')),
  ),
  'event.requestObject': ofBody('dyn', asGiven, ({ bodies }) => given(bodies.request)),
  'event.responseObject': ofBody('dyn', asGiven, ({ bodies }) => given(bodies.response)),
};

/** What is ready for use beside `event`, so that rules are short and right. Never an error: what is not there, or odd, is empty. */
export const readyVariables: Readonly<Record<string, Variable>> = {
  changes: ofKind('bool', 'the verb is create, update, patch, delete or deletecollection', ({ verb }) =>
    isChange(verb),
  ),
  reads: ofKind('bool', 'the verb is get, list or watch', ({ verb }) => isRead(verb)),
  workload: ofKind(
    'bool',
    'the resource is a pod or makes pods: Deployment, DaemonSet, StatefulSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate',
    ({ objectRef }) => workloads.has(resourceOf(objectRef)),
  ),
  rbac: ofKind('bool', 'the resource is a role or a binding, cluster-wide or not', ({ objectRef }) =>
    rbacResources.has(resourceOf(objectRef)),
  ),
  session: ofKind('bool', 'the subresource is exec, attach, portforward or proxy', ({ objectRef }) =>
    sessions.has(memberOf(objectRef, 'subresource')),
  ),
  human: ofKind(
    'bool',
    'the user is neither a `system:` name nor anonymous',
    ({ user }) => identityOf(user).isHuman,
  ),
  anonymous: ofKind('bool', 'nobody authenticated', ({ user }) => identityOf(user).isAnonymous),
  service_account: ofKind(
    'bool',
    'the user is a service account',
    ({ user }) => identityOf(user).isServiceAccount,
  ),
  node: ofKind('bool', 'the user is called as a node is', ({ user }) => identityOf(user).isNode),
  component: ofKind(
    'bool',
    'the user is a component of the control plane, or a service account in kube-system',
    ({ user }) => identityOf(user).isComponent,
  ),
  workload_controller: ofKind(
    'bool',
    'the user is a controller of Kubernetes that makes pods of what others have written, such as the DaemonSet controller',
    ({ user }) => identityOf(user).isWorkloadController,
  ),
  impersonated: ofKind('bool', 'the user acts in the name of another', ({ impersonatedUser }) =>
    isFields(impersonatedUser),
  ),
  bound_pod: ofHead('string', 'the pod that the token was made for, or ""', ({ user }) =>
    extraOf(user, 'authentication.kubernetes.io/pod-name'),
  ),
  bound_node: ofHead('string', 'the node that the token was made for, or ""', ({ user }) =>
    extraOf(user, 'authentication.kubernetes.io/node-name'),
  ),
  allowed: ofKind('bool', 'the request was authorized, and did not fail', (event) => !isFailed(event)),
  denied: ofKind('bool', 'it was answered with 401 or 403, or the authorizer forbade it', (event) =>
    isDenied(event),
  ),
  not_found: ofKind(
    'bool',
    'it was answered with 404',
    ({ responseStatus }) => memberOf(responseStatus, 'code') === 404,
  ),
  path: ofHead('string', 'the path of the URI, without the query', ({ requestURI }) => pathOf(requestURI)),
  tool: ofHead('string', 'the first word of the user agent, in lower case: `kubectl`', ({ userAgent }) =>
    toolOf(userAgent),
  ),
  attack_tool: ofKind(
    'bool',
    `the user agent names a tool of attackers: ${attackTools.join(', ')}`,
    ({ userAgent }) => isAttackTool(userAgent),
  ),
  last_ip: ofHead(
    'string',
    'the other end of the connection, the only address that the client does not choose; "" if there is none',
    ({ sourceIPs }) => peerOf(sourceIPs).address,
  ),
  public_ip: ofKind(
    'bool',
    '`last_ip` is an address of the internet',
    ({ sourceIPs }) => peerOf(sourceIPs).isPublic,
  ),
  loopback: ofKind(
    'bool',
    '`last_ip` is the machine itself',
    ({ sourceIPs }) => peerOf(sourceIPs).isLoopback,
  ),
  exec_args: ofHead('list<string>', 'the decoded arguments of an exec', (event) => execArguments(event)),
  exec_command: ofHead('string', 'the same, joined by a blank', (event) => execArguments(event).join(' ')),
  own_namespace: {
    type: 'bool',
    about: "the object is in auditseal's own namespace, or is that namespace",
    from: 'kind',
    read: ({ event: { objectRef }, ownNamespace }) => memberOf(objectRef, 'namespace') === ownNamespace,
  },
  privileged_pod: ofBody('bool', 'a container of it is privileged', ({ pod }) => pod.privileged),
  host_pid: ofBody('bool', "it shares the node's processes", ({ pod }) => pod.hostPid),
  host_ipc: ofBody('bool', "it shares the node's IPC", ({ pod }) => pod.hostIpc),
  host_network: ofBody('bool', "it shares the node's network", ({ pod }) => pod.hostNetwork),
  added_capabilities: ofBody(
    'list<string>',
    'capabilities that its containers add, in capitals, without CAP_',
    ({ pod }) => pod.capabilities,
  ),
  host_paths: ofBody(
    'list<string>',
    'paths of the node that it mounts, without `..` and `//`',
    ({ pod }) => pod.hostPaths,
  ),
  images: ofBody('list<string>', 'images of its containers', ({ pod }) => pod.images),
  container_commands: ofBody(
    'list<string>',
    'command and arguments of each container, joined by a blank',
    ({ pod }) => pod.commands,
  ),
  pod_service_account: ofBody(
    'string',
    'the service account that it runs as, if it names one',
    ({ pod }) => pod.serviceAccount,
  ),
  pod_node: ofBody('string', 'the node that it names, past the scheduler', ({ pod }) => pod.nodeName),
  tolerates_all: ofBody(
    'bool',
    'it tolerates every taint, so that it runs on control-plane nodes',
    ({ pod }) => pod.toleratesAll,
  ),
  role_ref: ofBody('string', 'the role that a binding gives', ({ binding }) => binding.role),
  subjects: ofBody(
    'list<string>',
    'to whom a binding gives it: `User:NAME`, `Group:NAME`, `ServiceAccount:NAMESPACE:NAME`',
    ({ binding }) => binding.subjects,
  ),
  role_powers: ofBody(
    'list<string>',
    'what the rules of a role give that is worth a look, see below',
    ({ powers }) => powers,
  ),
  secret_type: ofBody('string', 'the type of a Secret', ({ object }) => settings.secretType(object)),
  token_seconds: ofBody('int', 'how long the token is to be valid that is asked for', ({ object }) =>
    settings.tokenSeconds(object),
  ),
  signer: ofBody('string', 'the signer of a certificate request', ({ object }) => settings.signer(object)),
  service_type: ofBody('string', 'the type of a Service', ({ object }) => settings.serviceType(object)),
  external_ips: ofBody('list<string>', 'externalIPs of a Service', ({ object }) =>
    settings.externalIps(object),
  ),
  ingress_without_tls: ofBody('bool', 'an Ingress serves a host in plain text', ({ object }) =>
    settings.ingressWithoutTls(object),
  ),
  credentials_in_data: ofBody(
    'bool',
    "a ConfigMap's data looks like a private key, a password or a cloud's key",
    ({ object }) => settings.hasCredentials(object),
  ),
  labels: ofBody('map<string, string>', 'labels of the object, or those that a patch sets', ({ object }) =>
    settings.labelsOf(object),
  ),
  cordons: ofBody('bool', 'it makes a node unschedulable, or taints it', ({ object }) =>
    settings.cordons(object),
  ),
  conversion_webhook: ofBody(
    'bool',
    'a CustomResourceDefinition sends its objects to a webhook',
    ({ object }) => settings.hasConversionWebhook(object),
  ),
};

const noItems: readonly string[] = [];
const noMembers: Fields = {};

const empty: Readonly<Record<VariableType, unknown>> = {
  string: '',
  int: 0,
  bool: false,
  'list<string>': noItems,
  'map<string, string>': noMembers,
  'map<string, list<string>>': noMembers,
  dyn: missing,
};

/** What is read of an event whose level has no bodies. */
export function emptyOf({ type }: Variable): unknown {
  return empty[type];
}

const workloads: ReadonlySet<string> = new Set([
  '/pods',
  '/replicationcontrollers',
  '/podtemplates',
  'apps/deployments',
  'apps/daemonsets',
  'apps/statefulsets',
  'apps/replicasets',
  'batch/jobs',
  'batch/cronjobs',
]);
const rbacGroup = 'rbac.authorization.k8s.io';
const rbacResources: ReadonlySet<string> = new Set(
  ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map((name) => `${rbacGroup}/${name}`),
);
const sessions: ReadonlySet<unknown> = new Set(['exec', 'attach', 'portforward', 'proxy']);

function resourceOf(objectRef: unknown): string {
  const [group, resource] = [memberOf(objectRef, 'apiGroup'), memberOf(objectRef, 'resource')];
  return typeof resource === 'string' ? `${typeof group === 'string' ? group : ''}/${resource}` : '';
}

/** A body that is not there cannot be read; one that is null is. */
function given(body: unknown): unknown {
  return body === undefined ? missing : body;
}

function extraOf(user: unknown, key: string): string {
  const values = memberOf(memberOf(user, 'extra'), key);
  const first: unknown = Array.isArray(values) ? values[0] : undefined;
  return typeof first === 'string' ? first : '';
}

function reference(name: string): (event: AuditEvent) => unknown {
  return ({ objectRef }) => text(memberOf(objectRef, name));
}

function memberOf(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function text(value: unknown): unknown {
  return value === undefined ? '' : typeof value === 'string' ? value : missing;
}

function texts(value: unknown): unknown {
  if (value === undefined) return noItems;
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : missing;
}

function whole(value: unknown): unknown {
  return value === undefined ? 0 : Number.isSafeInteger(value) ? value : missing;
}

function mapOf(value: unknown): unknown {
  return value === undefined ? noMembers : isFields(value) ? value : missing;
}
