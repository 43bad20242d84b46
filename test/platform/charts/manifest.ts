import { template } from './helm.ts';

const head = `# The chart rendered with its defaults (charts/auditseal), for clusters without Helm. Before you apply it:
#   kubectl create namespace auditseal
#   kubectl -n auditseal create secret generic auditseal-elasticsearch --from-file=api-key=<file with the API key>
# and set \`urls\` in the ConfigMap. Made by \`node test/platform/charts/write.ts\`; do not edit.
`;

/** \`manifests/auditseal.yaml\`. */
export async function manifest(helm: string): Promise<string> {
  const set =
    'elasticsearch.url=https://elasticsearch.example:9200,elasticsearch.existingSecret=auditseal-elasticsearch';
  const text = await template(helm, '--set', set);
  const owned = /^ *(?:app\.kubernetes\.io\/managed-by|helm\.sh\/chart): .*\n/gmu;
  return head + text.replace(owned, '').replaceAll(/^# Source: .*\n/gmu, '');
}
