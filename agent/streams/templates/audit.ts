import { boolean, date, flatObject, keywords, long, object } from './fields.ts';
import type { Field } from './fields.ts';

// Flat as a whole: the keys of `extra` are chosen by whoever impersonates, and an empty one is refused elsewhere.
const user = flatObject(keywords('username', 'uid', 'groups', 'extra.authentication.kubernetes.io/pod-name'));

/*
 * Bodies. Whoever can write objects of a kind of his own chooses their types, and Elasticsearch refuses a text where an
 * object is mapped, and an object where a keyword is, so little is mapped: what Elastic's prebuilt rules read, and what tells who
 * was granted what and what a pod may do. A flat object takes anything as its members, but does not look into arrays of
 * objects among them: it is for what has none.
 */
const metadata = flatObject(keywords('name', 'namespace', 'uid'));
const rules = flatObject(keywords('verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'));
const subjects = flatObject(keywords('kind', 'name', 'namespace'));
const roleRef = flatObject(keywords('kind', 'name'));

const containers = flatObject({
  ...keywords('name', 'image', 'command', 'args', 'securityContext.capabilities.add'),
  'securityContext.privileged': boolean,
  'securityContext.allowPrivilegeEscalation': boolean,
  'securityContext.runAsUser': long,
});

const requestObject = object({
  metadata,
  roleRef,
  rules,
  subjects,
  webhooks: flatObject(
    keywords('name', 'clientConfig.url', 'clientConfig.service.namespace', 'clientConfig.service.name'),
  ),
  spec: object({
    ...keywords('serviceAccountName', 'type', 'externalIPs', 'nodeName'),
    containers,
    initContainers: containers,
    ephemeralContainers: containers,
    volumes: flatObject(keywords('hostPath.path', 'secret.secretName')),
    hostPID: boolean,
    hostNetwork: boolean,
    hostIPC: boolean,
    // SubjectAccessReview: what somebody asked whether he may.
    resourceAttributes: flatObject(keywords('verb', 'group', 'resource', 'subresource', 'namespace', 'name')),
  }),
  // A JSON patch is an array of objects; where it points, not what it puts there.
  ...keywords('op', 'path'),
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
  // Kubernetes 1.36 on: the verb that allowed a constrained impersonation.
  authenticationMetadata: object(keywords('impersonationConstraint')),
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
  responseObject: object({ metadata, rules }),
});
