import { addressesOf } from './addresses.ts';
import { categoryMembers } from './category.ts';
import { commonMembers, eventMembers, provenance } from './common.ts';
import type { DocumentContext, Place } from './context.ts';
import { isFields, type AuditEvent, type Fields } from './event.ts';
import { joined } from './flat.ts';
import { identityOf } from './identity.ts';
import { print } from './print.ts';
import { textOf, textUnitsMax } from './text.ts';
import { timestampOf } from './timestamp.ts';

export { timestampOf };

const none: Fields = {};
const codeMax = 999;

/**
 * An event document's bytes up to the member `kubernetes`, without the closing brace. What the event lacks, the head
 * lacks. No key comes from the event, and each value has a type and a length that Elasticsearch cannot refuse:
 * a request must not be able to make its own event disappear.
 */
export function eventHead(event: AuditEvent, context: DocumentContext, place: Place): string {
  const objectRef = isFields(event.objectRef) ? event.objectRef : none;
  const annotations = isFields(event.annotations) ? event.annotations : none;
  const decision = textOf(annotations['authorization.k8s.io/decision']);
  const reason = textOf(annotations['authorization.k8s.io/reason']);
  const code = codeOf(event.responseStatus);
  const { log, auditseal } = provenance(context, place);
  const { source, network, related } = addressesOf(event.sourceIPs);
  const { user, names } = identityOf(event, reason);
  const rest = print({
    log,
    orchestrator: orchestratorOf(objectRef, context.cluster),
    user,
    source,
    network,
    http: httpOf(event.auditID, code),
    user_agent: original(event.userAgent),
    related: names || related ? { user: names, ip: related } : undefined,
    // As Elastic's integration names them; its detection rules read them there.
    'kubernetes.audit.annotations.authorization_k8s_io/decision': decision,
    'kubernetes.audit.annotations.authorization_k8s_io/reason': reason,
    auditseal,
  });
  return (
    `{"@timestamp":"${timestampOf(event, place.readAt)}","event":{"kind":"event",` +
    categoryMembers(requestOf(event, objectRef, code, decision)) +
    actionMember(event.verb) +
    `${eventMembers(context, place)}},${commonMembers(context)},${urlMember(event.requestURI)}${rest.slice(1, -1)}`
  );
}

function requestOf(
  event: AuditEvent,
  objectRef: Fields,
  code: number | undefined,
  decision: string | undefined,
) {
  return {
    group: textOf(objectRef['apiGroup']) ?? '',
    resource: textOf(objectRef['resource']) ?? '',
    subresource: textOf(objectRef['subresource']) ?? '',
    verb: textOf(event.verb) ?? '',
    stage: textOf(event.stage) ?? '',
    code,
    decision,
  };
}

function actionMember(verb: unknown): string {
  const action = textOf(verb);
  return action === undefined ? '' : `"action":${print(action)},`;
}

/** The status code, if it is one that HTTP could have sent. */
export function codeOf(responseStatus: unknown): number | undefined {
  const code = isFields(responseStatus) ? responseStatus['code'] : undefined;
  return typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= codeMax
    ? code
    : undefined;
}

/** The resource's type is written as audit policies write it: `pods`, `pods/exec`. */
function orchestratorOf(objectRef: Fields, cluster: string) {
  const resource = textOf(objectRef['resource']);
  const subresource = textOf(objectRef['subresource']);
  const version = textOf(objectRef['apiVersion']);
  const group = textOf(objectRef['apiGroup']);
  const name = textOf(objectRef['name']);
  const id = textOf(objectRef['uid']);
  const type = resource !== undefined && subresource !== undefined ? joined(resource, subresource) : resource;
  return {
    type: 'kubernetes',
    cluster: { name: cluster },
    api_version: textOf(group !== undefined && version !== undefined ? joined(group, version) : version),
    namespace: textOf(objectRef['namespace']),
    resource:
      type === undefined && name === undefined && id === undefined
        ? undefined
        : { type: textOf(type), name, id },
  };
}

function httpOf(auditID: unknown, code: number | undefined) {
  const id = textOf(auditID);
  if (id === undefined && code === undefined) return undefined;
  return {
    request: id === undefined ? undefined : { id },
    response: code === undefined ? undefined : { status_code: code },
  };
}

/** Path and query are cut out of the printed URI: a question mark is never escaped. */
function urlMember(requestURI: unknown): string {
  if (typeof requestURI !== 'string' || requestURI === '') return '';
  if (requestURI.length > textUnitsMax) return longUrlMember(requestURI);
  const uri = print(requestURI);
  const mark = uri.indexOf('?');
  if (mark < 0) return `"url":{"original":${uri},"path":${uri}},`;
  const path = mark === 1 ? '' : `,"path":${uri.slice(0, mark)}"`;
  const query = mark === uri.length - 2 ? '' : `,"query":"${uri.slice(mark + 1)}`;
  return `"url":{"original":${uri}${path}${query}},`;
}

function longUrlMember(requestURI: string): string {
  const mark = requestURI.indexOf('?');
  const path = textOf(mark < 0 ? requestURI : requestURI.slice(0, mark));
  const query = mark < 0 ? undefined : textOf(requestURI.slice(mark + 1));
  return `"url":${print({ original: textOf(requestURI), path, query })},`;
}

function original(userAgent: unknown) {
  const text = textOf(userAgent);
  return text === undefined ? undefined : { original: text };
}
