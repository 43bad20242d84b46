import { refusedEvent } from '../../kit/agent/index.ts';

/** Longer than this, an event loses its bodies. No line of the recording is. */
export const entryBytesMax = 65_536;

const at = '2026-11-23T01:09:00.000000Z';

function event(more: object): string {
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: 'own',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/lab/pods',
    verb: 'create',
    user: { username: 'mallory', groups: ['system:authenticated'] },
    sourceIPs: ['10.0.0.66'],
    userAgent: 'kubectl/v1.35.0',
    responseStatus: { metadata: {}, code: 201 },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
    ...more,
  });
}

const pod = (name: string, spec: object, more: object = {}) =>
  event({
    objectRef: { resource: 'pods', namespace: 'lab', name, apiVersion: 'v1' },
    requestObject: { kind: 'Pod', spec },
    ...more,
  });

const image = { name: 'c', image: 'registry.example/miner:1' };

/** What the recording has no example of. */
export const ownEvents: readonly string[] = [
  pod('host', { hostPID: true, hostNetwork: true, containers: [image] }),
  pod('privileged', { containers: [{ ...image, securityContext: { privileged: true } }] }),
  pod('path', { containers: [image], volumes: [{ name: 'v', hostPath: { path: '/etc' } }] }),
  pod('refused', { hostIPC: true, containers: [image] }, { responseStatus: { code: 403 } }),
  pod('harmless', { hostPID: false, containers: [image] }),
  event({
    verb: 'delete',
    objectRef: {
      resource: 'validatingwebhookconfigurations',
      name: 'guard',
      apiGroup: 'admissionregistration.k8s.io',
      apiVersion: 'v1',
    },
    responseStatus: { code: 200 },
  }),
  event({
    verb: 'create',
    objectRef: {
      resource: 'certificatesigningrequests',
      subresource: 'approval',
      name: 'csr-1',
      apiGroup: 'certificates.k8s.io',
      apiVersion: 'v1',
    },
    responseStatus: { code: 200 },
  }),
  event({
    verb: 'get',
    requestURI: '/healthz?verbose',
    user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
    responseStatus: { code: 200 },
  }),
  event({ stage: 'Panic', verb: 'get', responseStatus: { code: 500 } }),
  pod(
    'violating',
    {},
    { annotations: { 'pod-security.kubernetes.io/audit-violations': 'would violate "restricted"' } },
  ),
  event({
    verb: 'list',
    objectRef: { resource: 'cronjobs', namespace: 'lab', apiGroup: 'batch', apiVersion: 'v1beta1' },
    annotations: { 'k8s.io/deprecated': 'true', 'k8s.io/removed-release': '1.25' },
  }),
  event({
    verb: 'list',
    objectRef: { resource: 'events', namespace: 'lab', apiVersion: 'v1' },
    annotations: { 'apiserver.latency.k8s.io/total': '1.5s', 'apiserver.latency.k8s.io/etcd': '1.4s' },
  }),
  ...['10.0.0.7', '10.0.0.8', '10.0.0.8'].map((address) =>
    event({
      verb: 'get',
      user: {
        username: 'system:serviceaccount:lab:app',
        extra: { 'authentication.kubernetes.io/credential-id': ['JTI=stolen'] },
      },
      sourceIPs: [address],
    }),
  ),
];

/** Goes out without its body, which Elasticsearch cannot take. */
export const refused = refusedEvent('own-refused');

/** Goes out without its body. */
export const tooLong = event({
  objectRef: { resource: 'configmaps', namespace: 'lab', name: 'long', apiVersion: 'v1' },
  requestObject: { data: { text: 'x'.repeat(entryBytesMax) } },
});

/** An apiserver that was killed wrote the one; the other was glued to it. */
export const torn = event({}).slice(0, 100);
export const glued = event({ auditID: 'glued', verb: 'get', responseStatus: { code: 200 } });

/** Two rules, of which one finds a part of what the other does; no built-in one is asked. */
export const ownRules = [
  {
    id: 'own-pods',
    title: 'Mallory makes a pod',
    resource: ' && event.objectRef.resource == "pods"',
    severity: 'high',
  },
  { id: 'own-objects', title: 'Mallory makes something', resource: '', severity: 'low' },
].map(({ id, title, resource, severity }) => ({
  id,
  title,
  when: `event.user.username == "mallory" && event.verb == "create"${resource}`,
  severity,
  next: `Ask who ${id} is.`,
  false_positives: 'None.',
  needs: 'Metadata',
}));
