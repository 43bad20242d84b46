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

export const existingCluster: Route = {
  title: 'kubeadm, a cluster that exists',
  parts: ['kubeadm, a cluster that exists', 'Your Elasticsearch'],
  changes: [
    ...everywhere,
    {
      what: /^sudo tail /u,
      kind: 'awaited',
      secondsMax: 300,
      why: 'the kubelet starts the apiserver anew, as the guide says',
    },
  ],
  expectations,
};
