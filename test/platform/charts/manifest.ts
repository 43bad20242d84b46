import { template } from './helm.ts';

const head = `# The chart rendered with its defaults (charts/auditseal), for clusters without Helm. Before you apply it:
#   kubectl create namespace auditseal
#   kubectl label namespace auditseal pod-security.kubernetes.io/enforce=privileged
#   kubectl -n auditseal create secret generic auditseal-elasticsearch --from-file=api-key=<file with the API key>
# and set, each once below: \`cluster\` (one that no other cluster has) and \`urls\` in the ConfigMap, without which the agent ends with 78;
# \`image\` in the DaemonSet (none has been published: build it from the Dockerfile); the port of Elasticsearch in the NetworkPolicy, here 9200.
# Made by \`node test/platform/charts/write.ts\`; do not edit.
`;
const [cluster, url] = ['to-be-set', 'https://elasticsearch.example:9200'];

/** \`manifests/auditseal.yaml\`. */
export async function manifest(helm: string): Promise<string> {
  const set = `cluster=${cluster},image.repository=registry.example/auditseal,elasticsearch.url=${url},elasticsearch.existingSecret=auditseal-elasticsearch`;
  const text = await template(helm, '--skip-tests', '--set', set);
  const owned = /^ *(?:app\.kubernetes\.io\/managed-by|helm\.sh\/chart): .*\n/gmu;
  // A placeholder would be taken for the name of the cluster, and its URL for Elasticsearch's.
  const unset = text
    .replace(`cluster: ${cluster}\n`, "cluster: ''\n")
    .replace(/urls:\n +- .*\n/u, 'urls: []\n');
  return head + unset.replace(owned, '').replaceAll(/^# Source: .*\n/gmu, '');
}
