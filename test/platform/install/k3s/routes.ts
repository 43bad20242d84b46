import { builtImage, codec, expectations, firstBatch, noCompose } from '../changes.ts';
import type { Route } from '../route.ts';

export const k3sRoute: Route = {
  title: 'k3s (its place taken by upstream components)',
  parts: ['k3s', 'k3s, without a registry', 'Your Elasticsearch'],
  changes: [
    noCompose,
    {
      what: /^export KUBECONFIG=(\S+).*$/u,
      kind: 'replaced',
      by: 'ln -s k3s.yaml ~/.kube/config',
      why: 'every command has a shell of its own here, which would forget it',
    },
    builtImage,
    {
      what: /^docker push \S+/u,
      kind: 'excused',
      why: 'the guide has k3s take the image without a registry',
    },
    {
      what: /^docker save \S+/u,
      kind: 'replaced',
      by: 'cat "$IMAGE_ARCHIVE"',
      why: 'the image was built by buildah, as an archive',
    },
    ...codec,
    firstBatch,
    {
      what: /(?<=--values charts\/auditseal\/ci\/)kubeadm(?=-values\.yaml)/u,
      kind: 'replaced',
      by: 'k3s',
      why: 'the values file of the platform, as the guide says',
    },
  ],
  expectations,
};
