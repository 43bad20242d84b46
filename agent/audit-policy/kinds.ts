/** A kind of object, or a part of one, that requests are about. */
export interface Kind {
  /** "" is the core group. */
  readonly group: string;
  readonly resource: string;
  /** "" is the object itself. */
  readonly subresource: string;
}

const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';

/** Kinds that Kubernetes comes with, those that an auditor asks for first at the beginning: `group: resource resource/subresource`. */
const known: readonly (readonly [string, string])[] = [
  [
    '',
    'secrets configmaps serviceaccounts/token pods/exec pods/attach pods/portforward pods/proxy pods/ephemeralcontainers nodes/proxy services/proxy',
  ],
  [rbac, 'clusterrolebindings rolebindings clusterroles roles'],
  ['', 'serviceaccounts pods namespaces nodes'],
  ['authentication.k8s.io', 'tokenreviews selfsubjectreviews'],
  [
    'authorization.k8s.io',
    'selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews localsubjectaccessreviews',
  ],
  ['certificates.k8s.io', 'certificatesigningrequests certificatesigningrequests/approval'],
  ['apps', 'deployments daemonsets statefulsets replicasets deployments/scale'],
  ['batch', 'cronjobs jobs'],
  [
    admission,
    'mutatingwebhookconfigurations validatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings mutatingadmissionpolicies mutatingadmissionpolicybindings',
  ],
  ['apiregistration.k8s.io', 'apiservices'],
  ['apiextensions.k8s.io', 'customresourcedefinitions'],
  ['networking.k8s.io', 'networkpolicies ingresses ingressclasses'],
  ['policy', 'poddisruptionbudgets'],
  [
    '',
    'services events endpoints persistentvolumes persistentvolumeclaims resourcequotas limitranges replicationcontrollers podtemplates',
  ],
  [
    '',
    'pods/log pods/eviction pods/binding pods/status pods/resize nodes/status namespaces/finalize namespaces/status bindings',
  ],
  ['events.k8s.io', 'events'],
  ['coordination.k8s.io', 'leases'],
  ['discovery.k8s.io', 'endpointslices'],
  ['storage.k8s.io', 'storageclasses csinodes csidrivers volumeattachments'],
  ['scheduling.k8s.io', 'priorityclasses'],
  ['autoscaling', 'horizontalpodautoscalers'],
  ['node.k8s.io', 'runtimeclasses'],
  ['flowcontrol.apiserver.k8s.io', 'flowschemas prioritylevelconfigurations'],
];

/** Built into every apiserver, the most telling ones first. */
export const knownKinds: readonly Kind[] = known.flatMap(([group, names]) =>
  names.split(' ').map((name) => {
    const [resource = '', subresource = ''] = name.split('/');
    return { group, resource, subresource };
  }),
);

export const resourceVerbs = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
] as const;

export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type Stage = (typeof stages)[number];

export const levels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type Level = (typeof levels)[number];

/** `pods/exec`, `deployments.apps/scale`, as kubectl writes it. */
export function kindText({ group, resource, subresource }: Kind): string {
  return `${resource}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`;
}
