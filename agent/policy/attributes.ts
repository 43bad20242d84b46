import type { CelValues } from '../cel/index.ts';
import { isFields, outcomeOf, sourceAddress } from '../event/index.ts';
import type { AuditEvent, Outcome } from '../event/index.ts';

/**
 * What rules match on, in the apiserver's terms (authorizer.Attributes). `undefined` is what the event does not say, or
 * says with another type than the apiserver writes: it matches no rule that asks for it.
 */
export interface Attributes {
  readonly user: string | undefined;
  readonly groups: readonly unknown[];
  readonly verb: string | undefined;
  readonly stage: string | undefined;
  /** The response's status code, `none` if there is none yet; `failed` of a Failure that lacks one. */
  readonly code: number | 'none' | 'failed' | undefined;
  readonly outcome: Outcome;
  /** What the request was for; undefined for a non-resource request. */
  readonly resource: ResourceAttributes | undefined;
  /** The path of a non-resource request, without the query, percent-decoded as Go's URL.Path is. */
  readonly path: string | undefined;
  readonly impersonated: boolean;
  /** The object is the node that asked, or of it; see `isOwn`. */
  readonly own: boolean;
  /** What the client calls itself; undefined if it is no text. Whoever sends a request chooses it. */
  readonly userAgent: string | undefined;
  /** The other end of the connection. Addresses before it are of headers, which a client writes. */
  readonly sourceAddress: string | undefined;
  readonly receivedAt: string | undefined;
  /** False if a field that rules ask for has a type that the apiserver never writes. */
  readonly wellFormed: boolean;
  /** What conditions in CEL are asked about; made where one is asked. */
  readonly values: () => CelValues;
}

export interface ResourceAttributes {
  readonly group: string | undefined;
  readonly resource: string | undefined;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/**
 * Never throws, whatever the event holds.
 *
 * @param values makes what conditions in CEL are asked about
 */
export function attributesOf(event: AuditEvent, values: () => CelValues): Attributes {
  const user = isFields(event.user) ? event.user : undefined;
  const groups = user?.['groups'];
  const resource = resourceOf(event.objectRef);
  const code = statusOf(event.responseStatus);
  const name = stringOf(user?.['username']);
  const verb = stringOf(event.verb);
  return {
    user: name,
    groups: Array.isArray(groups) ? groups : none,
    verb,
    stage: stringOf(event.stage),
    code,
    outcome: outcomeOf(event),
    resource,
    path: event.objectRef === undefined ? pathOf(event.requestURI) : undefined,
    impersonated: event.impersonatedUser !== undefined,
    own: isOwn(nodeOf(name, groups), verb, resource),
    userAgent: partOf(event.userAgent),
    sourceAddress: Array.isArray(event.sourceIPs) ? sourceAddress(event.sourceIPs.at(-1)) : undefined,
    receivedAt: stringOf(event.requestReceivedTimestamp),
    wellFormed:
      user !== undefined &&
      isTextOrMissing(user['username']) &&
      (groups === undefined || (Array.isArray(groups) && groups.every(isText))) &&
      isText(event.verb) &&
      isText(event.stage) &&
      isText(event.requestURI) &&
      isTextOrMissing(event.userAgent) &&
      (event.sourceIPs === undefined || (Array.isArray(event.sourceIPs) && event.sourceIPs.every(isText))) &&
      code !== undefined &&
      (resource === undefined || isWhole(resource)),
    values,
  };
}

const none: readonly unknown[] = [];
const unknownResource: ResourceAttributes = {
  group: undefined,
  resource: undefined,
  subresource: undefined,
  namespace: undefined,
  name: undefined,
};

function resourceOf(objectRef: unknown): ResourceAttributes | undefined {
  if (objectRef === undefined) return undefined;
  if (!isFields(objectRef)) return unknownResource;
  return {
    group: partOf(objectRef['apiGroup']),
    resource: partOf(objectRef['resource']),
    subresource: partOf(objectRef['subresource']),
    namespace: partOf(objectRef['namespace']),
    name: partOf(objectRef['name']),
  };
}

/** The apiserver leaves empty members out, so what is missing is "" to it; null is nothing that it writes. */
function partOf(value: unknown): string | undefined {
  return value === undefined ? '' : stringOf(value);
}

function isWhole({ group, resource, subresource, namespace, name }: ResourceAttributes): boolean {
  return (
    group !== undefined &&
    resource !== undefined &&
    subresource !== undefined &&
    namespace !== undefined &&
    name !== undefined
  );
}

const nodePrefix = 'system:node:';

/**
 * The name of the node that asked. Its user name and its group, as the apiserver's own nodeidentifier asks for both: without
 * the group neither the node authorizer nor NodeRestriction confines it, and the group alone says nothing of which node.
 */
function nodeOf(user: string | undefined, groups: unknown): string | undefined {
  if (user === undefined || !user.startsWith(nodePrefix) || user.length === nodePrefix.length)
    return undefined;
  return Array.isArray(groups) && groups.includes('system:nodes') ? user.slice(nodePrefix.length) : undefined;
}

/** The verbs of which the apiserver takes the name from the URL. Of a create, for example, it is the body's: the client chose it. */
const verbsOfNames: ReadonlySet<string | undefined> = new Set([
  'get',
  'list',
  'watch',
  'update',
  'patch',
  'delete',
]);

/**
 * True if the object is the node itself, its heartbeat or its CSINode. The head must say so, by members that no client
 * chooses against its URL. For a list or watch the name is that of `fieldSelector=metadata.name=NAME`, and nothing else is read.
 * A pod's node is not in the head, so no pod is a node's own.
 */
function isOwn(
  node: string | undefined,
  verb: string | undefined,
  resource: ResourceAttributes | undefined,
): boolean {
  if (node === undefined || resource?.name !== node || !verbsOfNames.has(verb)) return false;
  switch (`${String(resource.group)}/${String(resource.resource)}`) {
    case '/nodes':
    case 'storage.k8s.io/csinodes':
      return resource.namespace === '';
    case 'coordination.k8s.io/leases':
      return resource.namespace === 'kube-node-lease';
    default:
      return false;
  }
}

function statusOf(responseStatus: unknown): Attributes['code'] {
  if (responseStatus === undefined) return 'none';
  if (!isFields(responseStatus)) return undefined;
  const { code, status } = responseStatus;
  // 0 is what Go's structure holds where nothing was set.
  if (code === undefined || code === 0) return status === 'Failure' ? 'failed' : 'none';
  return typeof code === 'number' ? code : undefined;
}

function pathOf(requestURI: unknown): string | undefined {
  if (typeof requestURI !== 'string') return undefined;
  const mark = requestURI.indexOf('?');
  const path = mark < 0 ? requestURI : requestURI.slice(0, mark);
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    // Not UTF-8 once decoded: Go keeps the bytes, and no rule of ours can name them.
    return undefined;
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isTextOrMissing(value: unknown): boolean {
  return value === undefined || isText(value);
}
