import { builtImage, codec, expectations, firstBatch, noCompose } from '../changes.ts';
import type { Change, Route } from '../route.ts';

const everywhere: readonly Change[] = [
  noCompose,
  builtImage,
  {
    what: /^docker push \S+/u,
    kind: 'replaced',
    by: 'sudo ctr --namespace k8s.io images import "$IMAGE_ARCHIVE"',
    why: 'there is no registry: the node gets the image as a file',
  },
  ...codec,
  firstBatch,
];

/** Also for the cluster that exists before the guide begins. */
export const ignoredCheck = '--ignore-preflight-errors=SystemVerification';

export const newCluster: Route = {
  title: 'kubeadm, a new cluster',
  parts: ['kubeadm, a new cluster', 'Your Elasticsearch'],
  changes: [
    ...everywhere,
    {
      what: /(?<=^sudo kubeadm init )/u,
      kind: 'replaced',
      by: `${ignoredCheck} `,
      why: 'kubeadm v1.35 stops where the machine has cgroups of version 1, as this one does; nothing else is ignored',
    },
  ],
  expectations,
};

const createdDry = /^pod\/kube-apiserver created \(server dry run\)$/mu;

export const existingCluster: Route = {
  title: 'kubeadm, a cluster that exists',
  parts: ['kubeadm, a cluster that exists', 'kubeadm, no audit log yet', 'Your Elasticsearch'],
  changes: [
    ...everywhere,
    {
      what: /^sudo tail /u,
      kind: 'awaited',
      secondsMax: 300,
      why: 'the kubelet starts the apiserver anew, as the guide says',
    },
  ],
  expectations: [
    ...expectations,
    { what: / grep -e --audit /u, says: /^no audit log yet$/mu },
    { what: / apply --dry-run=server /u, says: createdDry },
  ],
};

/** Of a cluster that audits as Kubernetes' documentation shows: what it has stays. */
export const auditingCluster: Route = {
  title: 'kubeadm, a cluster that audits already',
  parts: ['kubeadm, a cluster that exists', 'kubeadm, an audit log already', 'Your Elasticsearch'],
  changes: everywhere,
  expectations: [
    ...expectations,
    { what: / grep -e --audit /u, says: /--audit-log-path=/u },
    { what: / apply --dry-run=server /u, says: createdDry },
  ],
};
