import { addressMembers } from './addresses.ts';
import { categoryMembers } from './category.ts';
import { commonMembers, eventMembers, logMember, sealMember } from './common.ts';
import type { DocumentContext, Place } from './context.ts';
import { derived } from './derived.ts';
import { detectedMembers } from './detected.ts';
import { codeOf, isFields, loginOf, outcomeOf, termUnitsMax, textOf, textUnitsMax } from '../event/index.ts';
import type { AuditEvent, Fields } from '../event/index.ts';
import { defaultPlaces } from '../identity/index.ts';
import { indexedUri } from './long-uri.ts';
import { rolesMember, whoOf } from './identity.ts';
import { print, printMembers } from './print.ts';
import { timestampOf } from './timestamp.ts';

export { timestampOf };

const none: Fields = {};

/**
 * An event document's bytes up to the member `kubernetes`, without the closing brace: a function of the event and of where it goes,
 * and of nothing before it. What the event lacks, the head lacks. No key comes from the event, and each value has a type and a length
 * that Elasticsearch cannot refuse: a request must not be able to make its own event disappear.
 *
 * It says what is derived from the event, and what an event is looked for by whose own members Elasticsearch refused. The rest of ECS
 * repeats the event, and the mapping has it as an alias or a copy of the event's own member (agent/streams/templates/events.ts): a member
 * of an alias's name would have the document refused.
 */
export function eventHead(event: AuditEvent, context: DocumentContext, place: Place): string {
  const { requestURI, verb, stage, sourceIPs, userAgent, responseStatus } = event;
  const authorization = authorizationOf(isFields(event.annotations) ? event.annotations : none);
  const target = targetOf(isFields(event.objectRef) ? event.objectRef : none);
  const code = codeOf(responseStatus);
  const detected = detectedMembers(place.detected);
  const who = whoOf(event, authorization, context.personPlaces ?? defaultPlaces, place.known);
  const request = {
    ...target.request,
    verb: textOf(verb) ?? '',
    stage: textOf(stage) ?? '',
    code: code ?? impliedCode(responseStatus),
    login: loginOf(event)?.decision,
    decision: authorization.decision,
    outcome: outcomeOf(event),
  };
  return (
    `{"@timestamp":"${timestampOf(event, place.readAt)}","event":{"kind":"event",` +
    categoryMembers(request) +
    textMember('action', verb) +
    detected.event +
    `${eventMembers(context, place)}},${commonMembers(context)}` +
    urlMember(requestURI) +
    logMember(place) +
    `"orchestrator":{${orchestratorMembers(context)}${target.members}},` +
    who.user +
    addressMembers(sourceIPs) +
    (code === undefined ? '' : `"http":{"response":{"status_code":${code}}},`) +
    who.related +
    longMember('userAgent', userAgent, (text) => textOf(text)!) +
    detected.members +
    sealMember(context, place, who.seal + detected.seal)
  );
}

const authorizationOf = derived((annotations: Fields) => {
  const decision = textOf(annotations['authorization.k8s.io/decision']);
  const reason = textOf(annotations['authorization.k8s.io/reason']);
  const isSilent = decision === 'allow' && annotations['authorization.k8s.io/reason'] === '';
  const issued = textOf(annotations['authentication.kubernetes.io/issued-credential-id']);
  return { decision, roles: rolesMember(reason), isSilent, issued };
});

/** What a status without a code says of it: k8s.io/apimachinery/pkg/apis/meta/v1/types.go, StatusReason. */
const codes: ReadonlyMap<unknown, number> = new Map([
  ['Unauthorized', 401],
  ['Forbidden', 403],
]);

function impliedCode(responseStatus: unknown): number | undefined {
  if (!isFields(responseStatus) || responseStatus['status'] !== 'Failure') return undefined;
  return codes.get(responseStatus['reason']);
}

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
  const named = { type: textOf(type), name: textOf(objectRef['name']) };
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

/**
 * Of a text that the index would leave out for its length, what is indexed instead, as the event's own member: a client who pads it
 * must not be able to hide it from every search.
 */
function longMember(name: string, text: unknown, indexed: (text: string) => string): string {
  return typeof text === 'string' && text.length > termUnitsMax
    ? printMembers({ [`kubernetes.audit.${name}`]: indexed(text) })
    : '';
}

/** Path and query are cut out of the printed URI: a question mark is never escaped. */
function urlMember(requestURI: unknown): string {
  if (typeof requestURI !== 'string' || requestURI === '') return '';
  if (requestURI.length > textUnitsMax) return longUrlMember(requestURI);
  const uri = print(requestURI);
  const mark = uri.indexOf('?');
  if (mark < 0) return `"url":{"path":${uri}},`;
  const path = mark === 1 ? '' : `"path":${uri.slice(0, mark)}"`;
  const query = mark === uri.length - 2 ? '' : `"query":"${uri.slice(mark + 1)}`;
  if (path === '' && query === '') return '';
  return `"url":{${path}${path && query && ','}${query}},`;
}

function longUrlMember(requestURI: string): string {
  const mark = requestURI.indexOf('?');
  const path = textOf(mark < 0 ? requestURI : requestURI.slice(0, mark));
  const query = mark < 0 ? undefined : textOf(requestURI.slice(mark + 1));
  // The rules that look for commands read it by this name.
  return `${longMember('requestURI', requestURI, indexedUri)}${printMembers({ url: { path, query } })}`;
}
