/**
 * Names of the fields. Those of the first group but request, groups and user agent are of the head: an event that Elasticsearch refused without its bodies, too, is
 * stored without its member `kubernetes` (docs/seal-format.md §4), and nobody may hide from a question by getting an event refused.
 */
const head = {
  time: '@timestamp',
  kind: 'event.kind',
  eventId: 'event.id',
  request: 'http.request.id',
  user: 'user.name',
  group: 'user.group.name',
  effectiveUser: 'user.effective.name',
  effectiveGroup: 'user.effective.group.name',
  /** Who was behind an identity that several share. */
  person: 'auditseal.person.name',
  verb: 'event.action',
  /** `pods`, `pods/exec`. */
  resource: 'orchestrator.resource.type',
  /** `v1`, `rbac.authorization.k8s.io/v1`. */
  apiVersion: 'orchestrator.api_version',
  namespace: 'orchestrator.namespace',
  name: 'orchestrator.resource.name',
  path: 'url.path',
  query: 'url.query',
  userAgent: 'user_agent.original',
  outcome: 'event.outcome',
  type: 'event.type',
  code: 'http.response.status_code',
  address: 'source.ip',
} as const;

/** Of the audit event. */
const inEvent = {
  stage: 'kubernetes.audit.stage',
  /** `<cluster>/<node>/<source>/<epoch>` */
  origin: 'auditseal.origin',
  received: 'kubernetes.audit.requestReceivedTimestamp',
  level: 'kubernetes.audit.level',
  uri: 'kubernetes.audit.requestURI',
  groups: 'kubernetes.audit.user.groups',
  cut: 'auditseal.cut.fields',
} as const;

export const fields = { ...head, ...inEvent } as const;

const { time, code, address, kind: _kind, query: _query, ...keywords } = head;

/** What the template makes of the fields that Elasticsearch selects by; the others it only returns. */
export const selectedFields: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.values(keywords).map((name) => [name, 'keyword'])),
  [time]: 'date',
  [code]: 'long',
  [address]: 'ip',
};
