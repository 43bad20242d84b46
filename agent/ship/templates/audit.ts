import { boolean, date, flatObject, keyword, keywords, long, object, type Field } from './fields.ts';

const rules = object(keywords('verbs', 'resources'));

// Flat as a whole: the keys of `extra` are chosen by whoever impersonates, and an empty one is refused elsewhere.
const user = flatObject(keywords('username', 'uid', 'groups', 'extra.authentication.kubernetes.io/pod-name'));

const containers = object({
  image: keyword,
  securityContext: object({ privileged: boolean, capabilities: object({ add: keyword }) }),
});

/** Of the bodies only what Elastic's prebuilt rules read. */
const requestObject = object({
  roleRef: object({ name: keyword }),
  rules,
  spec: object({
    ...keywords('serviceAccountName', 'type'),
    containers,
    volumes: object({ hostPath: object({ path: keyword }) }),
    hostPID: boolean,
    hostNetwork: boolean,
    hostIPC: boolean,
  }),
});

/**
 * `kubernetes.audit`: the audit event (audit.k8s.io/v1 Event) as the apiserver wrote it. Indexed is what Elastic's 51
 * public rules on `logs-kubernetes.audit_logs-*` read and what tells requests apart; all of it is in `_source`.
 */
export const audit: Field = object({
  ...keywords(
    'auditID',
    'kind',
    'apiVersion',
    'level',
    'stage',
    'verb',
    'requestURI',
    'sourceIPs',
    'userAgent',
  ),
  user,
  impersonatedUser: user,
  objectRef: object(
    keywords(
      'resource',
      'namespace',
      'name',
      'uid',
      'apiGroup',
      'apiVersion',
      'resourceVersion',
      'subresource',
    ),
  ),
  responseStatus: object({ code: long, ...keywords('message', 'reason', 'status') }),
  requestReceivedTimestamp: date,
  stageTimestamp: date,
  // As Elastic's integration names them. The agent writes these beside the event, which has dots instead.
  annotations: flatObject(keywords('authorization_k8s_io/decision', 'authorization_k8s_io/reason')),
  requestObject,
  responseObject: object({ rules }),
});
