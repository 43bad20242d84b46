import { addressesOf } from './addresses.ts';
import { categoryMembers, type Request } from './category.ts';
import type { DocumentContext, Place } from './context.ts';
import { isFields, type AuditEvent, type Fields } from './event.ts';
import { identityOf } from './identity.ts';
import { commonMembers, eventMembers, logMember, sealMember } from './common.ts';
import { list, member, object, quote, textOf } from './quote.ts';
import { timestampOf } from './timestamp.ts';

export { timestampOf };

const none: Fields = {};
const annotation = 'authorization.k8s.io/';
/** As Elastic's integration names them; its detection rules read them there. */
const dotless = 'kubernetes.audit.annotations.authorization_k8s_io/';
const codeMax = 999;

/**
 * An event document's bytes up to the member `kubernetes`, without the closing brace. What the event lacks, the head
 * lacks. No key comes from the event, and each value has a type and a length that Elasticsearch cannot refuse:
 * a request must not be able to make its own event disappear.
 */
export function eventHead(event: AuditEvent, context: DocumentContext, place: Place): string {
  const objectRef = isFields(event.objectRef) ? event.objectRef : none;
  const annotations = isFields(event.annotations) ? event.annotations : none;
  const decision = textOf(annotations[`${annotation}decision`]);
  const reason = textOf(annotations[`${annotation}reason`]);
  const code = codeOf(event.responseStatus);
  const { members: addresses, related } = addressesOf(event.sourceIPs);
  const { user, names } = identityOf(event, reason);
  return (
    `{"@timestamp":"${timestampOf(event, place.readAt)}","event":{"kind":"event",` +
    categoryMembers(requestOf(event, objectRef, code, decision)) +
    member('action', textOf(event.verb)) +
    eventMembers(context, place) +
    commonMembers(context) +
    logMember(place) +
    orchestratorMember(objectRef, context) +
    user +
    addresses +
    httpMember(event, code) +
    urlMember(event.requestURI) +
    object('user_agent', member('original', textOf(event.userAgent))) +
    object('related', list('user', names) + related) +
    member(`${dotless}decision`, decision) +
    member(`${dotless}reason`, reason) +
    sealMember(context, place)
  );
}

function requestOf(
  event: AuditEvent,
  objectRef: Fields,
  code: number | undefined,
  decision: string | undefined,
): Request {
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

/** The status code, if it is one that HTTP could have sent. */
export function codeOf(responseStatus: unknown): number | undefined {
  const code = isFields(responseStatus) ? responseStatus['code'] : undefined;
  return Number.isInteger(code) && (code as number) >= 0 && (code as number) <= codeMax
    ? (code as number)
    : undefined;
}

/** The resource's type is written as audit policies write it: `pods`, `pods/exec`. */
function orchestratorMember(objectRef: Fields, { cluster }: DocumentContext): string {
  const resource = textOf(objectRef['resource']);
  const subresource = textOf(objectRef['subresource']);
  const version = textOf(objectRef['apiVersion']);
  const group = textOf(objectRef['apiGroup']);
  const type = resource !== undefined && subresource !== undefined ? `${resource}/${subresource}` : resource;
  return (
    `"orchestrator":{"type":"kubernetes",` +
    member(
      'api_version',
      textOf(group !== undefined && version !== undefined ? `${group}/${version}` : version),
    ) +
    member('namespace', textOf(objectRef['namespace'])) +
    object(
      'resource',
      member('type', textOf(type)) +
        member('name', textOf(objectRef['name'])) +
        member('id', textOf(objectRef['uid'])),
    ) +
    `"cluster":{"name":${quote(cluster)}}},`
  );
}

function httpMember(event: AuditEvent, code: number | undefined): string {
  return object(
    'http',
    object('request', member('id', textOf(event.auditID))) +
      (code === undefined ? '' : `"response":{"status_code":${code}},`),
  );
}

function urlMember(requestURI: unknown): string {
  if (typeof requestURI !== 'string' || requestURI === '') return '';
  const mark = requestURI.indexOf('?');
  const path = mark < 0 ? requestURI : requestURI.slice(0, mark);
  const query = mark < 0 ? undefined : requestURI.slice(mark + 1);
  return object(
    'url',
    member('original', textOf(requestURI)) + member('path', textOf(path)) + member('query', textOf(query)),
  );
}
