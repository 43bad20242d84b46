import { addressesOf } from './addresses.ts';
import { categoryMembers } from './category.ts';
import { commonMembers, eventMembers, logMember, sealMember } from './common.ts';
import type { DocumentContext, Place } from './context.ts';
import { derived } from './derived.ts';
import { detectedMembers } from './detected.ts';
import { codeOf, isFields, loginOf, outcomeOf, termUnitsMax, textOf, textUnitsMax } from '../event/index.ts';
import type { AuditEvent, Fields } from '../event/index.ts';
import { indexedUri } from './long-uri.ts';
import { rolesMember, whoOf } from './identity.ts';
import { memberOf, print, printMembers } from './print.ts';
import { timestampOf } from './timestamp.ts';

export { timestampOf };

const none: Fields = {};

/**
 * An event document's bytes up to the member `kubernetes`, without the closing brace. What the event lacks, the head
 * lacks. No key comes from the event, and each value has a type and a length that Elasticsearch cannot refuse:
 * a request must not be able to make its own event disappear.
 */
export function eventHead(event: AuditEvent, context: DocumentContext, place: Place): string {
  const { requestURI, verb, stage, sourceIPs, auditID, userAgent } = event;
  const authorization = authorizationOf(isFields(event.annotations) ? event.annotations : none);
  const target = targetOf(isFields(event.objectRef) ? event.objectRef : none);
  const code = codeOf(event.responseStatus);
  const addresses = addressesOf(sourceIPs);
  const detected = detectedMembers(place.detected);
  const who = whoOf(event, authorization);
  const login = loginOf(event)?.decision;
  const request = { ...target.request, verb: textOf(verb) ?? '', stage: textOf(stage) ?? '', code, login };
  return (
    `{"@timestamp":"${timestampOf(event, place.readAt)}","event":{"kind":"event",` +
    categoryMembers({ ...request, decision: authorization.decision, outcome: outcomeOf(event) }) +
    textMember('action', verb) +
    detected.event +
    `${eventMembers(context, place)}},${commonMembers(context)}` +
    urlMember(requestURI) +
    logMember(place) +
    `"orchestrator":{${orchestratorMembers(context)}${target.members}},` +
    who.user +
    addresses.members +
    httpMember(auditID, code) +
    userAgentMember(userAgent) +
    memberOf('related', who.related, addresses.related) +
    authorization.members +
    detected.members +
    sealMember(context, place, who.seal)
  );
}

const authorizationOf = derived((annotations: Fields) => {
  const decision = textOf(annotations['authorization.k8s.io/decision']);
  const reason = textOf(annotations['authorization.k8s.io/reason']);
  // As Elastic's integration names them; its detection rules read them there.
  const members = printMembers({
    'kubernetes.audit.annotations.authorization_k8s_io/decision': decision,
    'kubernetes.audit.annotations.authorization_k8s_io/reason': reason,
  });
  const isSilent = decision === 'allow' && annotations['authorization.k8s.io/reason'] === '';
  const issued = textOf(annotations['authentication.kubernetes.io/issued-credential-id']);
  return { decision, roles: rolesMember(reason), isSilent, issued, members };
});

/** `"name":"text",`, or nothing. */
function textMember(name: string, value: unknown): string {
  const text = textOf(value);
  return text === undefined ? '' : `"${name}":${print(text)},`;
}

const orchestratorMembers = derived(({ cluster }: DocumentContext) =>
  printMembers({ type: 'kubernetes', cluster: { name: cluster } }).slice(0, -1),
);

/** What the request was for; `members` are further ones of `orchestrator`, each after a comma. */
const targetOf = derived((objectRef: Fields) => {
  const resource = textOf(objectRef['resource']);
  const subresource = textOf(objectRef['subresource']);
  const version = textOf(objectRef['apiVersion']);
  const group = textOf(objectRef['apiGroup']);
  // As audit policies write it: `pods`, `pods/exec`.
  const type = resource !== undefined && subresource !== undefined ? `${resource}/${subresource}` : resource;
  const named = { type: textOf(type), name: textOf(objectRef['name']), id: textOf(objectRef['uid']) };
  const members = printMembers({
    api_version: textOf(group !== undefined && version !== undefined ? `${group}/${version}` : version),
    namespace: textOf(objectRef['namespace']),
    resource: Object.values(named).every((text) => text === undefined) ? undefined : named,
  });
  return {
    request: { group: group ?? '', resource: resource ?? '', subresource: subresource ?? '' },
    members: members && `,${members.slice(0, -1)}`,
  };
});

function httpMember(auditID: unknown, code: number | undefined): string {
  const id = textOf(auditID);
  const request = id === undefined ? '' : `"request":{"id":${print(id)}}`;
  if (code === undefined) return request && `"http":{${request}},`;
  return `"http":{${request}${request && ','}"response":{"status_code":${code}}},`;
}

function userAgentMember(userAgent: unknown): string {
  const text = textOf(userAgent);
  return text === undefined ? '' : `"user_agent":{"original":${print(text)}},`;
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
  const url = `"url":${print({ original: textOf(requestURI), path, query })},`;
  // The event's own member is too long for the index; the rules that look for commands read it by this name.
  return requestURI.length <= termUnitsMax
    ? url
    : `"kubernetes.audit.requestURI":${print(indexedUri(requestURI))},${url}`;
}
