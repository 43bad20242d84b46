/**
 * Names of the fields. All but request, groups and stage are of the head: an event that Elasticsearch refused without its bodies, too, is
 * stored without its member `kubernetes` (docs/seal-format.md §4), and nobody may hide from a question by getting an event refused.
 */
export const fields = {
  time: '@timestamp',
  eventId: 'event.id',
  request: 'http.request.id',
  user: 'user.name',
  group: 'user.group.name',
  effectiveUser: 'user.effective.name',
  effectiveGroup: 'user.effective.group.name',
  verb: 'event.action',
  /** `pods`, `pods/exec`. */
  resource: 'orchestrator.resource.type',
  /** `v1`, `rbac.authorization.k8s.io/v1`. */
  apiVersion: 'orchestrator.api_version',
  namespace: 'orchestrator.namespace',
  name: 'orchestrator.resource.name',
  path: 'url.path',
  outcome: 'event.outcome',
  type: 'event.type',
  code: 'http.response.status_code',
  address: 'source.ip',
  stage: 'kubernetes.audit.stage',
} as const;

const { time, code, address, stage: _stage, ...keywords } = fields;

/** What the template makes of the fields that Elasticsearch selects by; the stage it only returns. */
export const selectedFields: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.values(keywords).map((name) => [name, 'keyword'])),
  [time]: 'date',
  [code]: 'long',
  [address]: 'ip',
};
