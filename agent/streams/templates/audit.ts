import { annotations } from './annotations.ts';
import {
  alias,
  boolean,
  copied,
  date,
  flatObject,
  flattened,
  keyword,
  keywords,
  long,
  object,
  words,
} from './fields.ts';
import type { Field } from './fields.ts';

/** The keys of `extra` are chosen by whoever impersonates. */
const identity = { ...keywords('username', 'uid', 'groups'), extra: flattened };
/** EQL does not see into a `flattened` field, and Elastic's rules ask for this member of it. */
const podName = { 'extra.authentication.kubernetes.io/pod-name': alias('auditseal.credential.pod') };

/*
 * Bodies. Whoever can write objects of a kind of his own chooses their types, and Elasticsearch refuses a text where an
 * object is mapped, and an object where a keyword is, so little is mapped: what Elastic's prebuilt rules read, and what tells who
 * was granted what, what a pod may do and what it runs. A flat object takes anything as its members but for those that are flattened or
 * copied, and does not look into arrays of objects among the others.
 */
const metadata = flatObject({
  ...keywords('name', 'namespace', 'uid'),
  labels: flattened,
  ownerReferences: flattened,
});
const rules = flatObject(keywords('verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'));
const subjects = flatObject(keywords('kind', 'name', 'namespace'));
const roleRef = flatObject(keywords('kind', 'name'));

const image = copied(keyword, 'container.image.name');

const containers = flatObject({
  ...keywords('name', 'command', 'args', 'securityContext.capabilities.add'),
  image,
  'securityContext.privileged': boolean,
  'securityContext.allowPrivilegeEscalation': boolean,
  'securityContext.runAsUser': long,
});

const pod = {
  ...keywords('serviceAccountName', 'nodeName'),
  containers,
  initContainers: containers,
  ephemeralContainers: containers,
  volumes: flatObject(keywords('hostPath.path', 'secret.secretName')),
  hostPID: boolean,
  hostNetwork: boolean,
  hostIPC: boolean,
};

/** Of what makes pods: a Deployment and the like, and a CronJob, which makes Jobs. */
const template = object({ spec: object(pod) });
const jobTemplate = object({ spec: object({ template }) });

const webhooks = flatObject(
  keywords(
    'name',
    'failurePolicy',
    'clientConfig.url',
    'clientConfig.service.namespace',
    'clientConfig.service.name',
  ),
);

const requestObject = object({
  ...keywords('kind'),
  metadata,
  roleRef,
  rules,
  subjects,
  webhooks,
  spec: object({
    ...keywords('type', 'externalIPs'),
    ...pod,
    template,
    jobTemplate,
    // SubjectAccessReview: what somebody asked whether he may.
    resourceAttributes: flatObject(keywords('verb', 'group', 'resource', 'subresource', 'namespace', 'name')),
  }),
  // A JSON patch is an array of objects; where it points, not what it puts there.
  ...keywords('op', 'path'),
});

/** What is mapped of the bodies, by the names that they have in the audit event. */
export const bodies = {
  requestObject,
  // Of what was patched, only the answer is whole.
  responseObject: object({ ...keywords('kind'), metadata, roleRef, rules, subjects, webhooks }),
};

/**
 * `kubernetes.audit`: the audit event (audit.k8s.io/v1 Event) as the apiserver wrote it. Indexed is what Elastic's 51
 * public rules on `logs-kubernetes.audit_logs-*` read, what tells requests apart and what people look for; all of it is in `_source`.
 *
 * @param annotationKeys of annotations that are indexed besides the documented ones
 */
export const auditField = (annotationKeys: readonly string[]): Field =>
  object({
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
    user: flatObject({ ...identity, ...podName }),
    impersonatedUser: flatObject(identity),
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
    responseStatus: object({ code: long, message: words, ...keywords('reason', 'status') }),
    requestReceivedTimestamp: date,
    stageTimestamp: date,
    annotations: annotations(annotationKeys),
    ...bodies,
  });
