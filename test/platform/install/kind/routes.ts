import { codec, expectations, firstBatch } from '../changes.ts';
import type { Route } from '../route.ts';
import { dockerBases } from './bases.ts';
import { nodeImage } from './node-image/index.ts';

/** {@link configForThisMachine} is written beside the one that the guide names. */
export const configFile = 'manifests/kind-here.yaml';

const bases = Object.entries(dockerBases).map(([name, reference]) => `--build-arg ${name}=${reference} `);

export const newCluster: Route = {
  title: 'kind',
  parts: ['kind', 'The Elasticsearch of step 1'],
  changes: [
    {
      what: /manifests\/kind\.yaml$/u,
      kind: 'replaced',
      by: `${configFile} --image ${nodeImage}`,
      why: "the node image is kind's own `kind build node-image`, of a base and images that are built here: none can be pulled; the configuration is the guide's, and what this machine asks for behind it",
    },
    {
      what: /(?<=^docker build )/u,
      kind: 'replaced',
      by: bases.join(''),
      why: 'no base can be pulled: two that are laid out as the real ones, of this machine, with the npm packages; Docker builds the Dockerfile on them, without a network',
    },
    {
      what: /^docker push /u,
      kind: 'excused',
      why: '`kind load docker-image` is in its place, as the guide says',
    },
    ...codec,
    firstBatch,
  ],
  expectations,
};

/** Appended to manifests/kind.yaml. */
export const configForThisMachine = `  - |
    kind: KubeletConfiguration
    failCgroupV1: false
    oomScoreAdj: 0
containerdConfigPatches:
  - |
    [plugins."io.containerd.grpc.v1.cri"]
      restrict_oom_score_adj = true
`;
