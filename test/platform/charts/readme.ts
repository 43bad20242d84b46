import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isNode, isScalar, parseDocument } from 'yaml';
import type { YAMLMap } from 'yaml';
import { chart } from './helm.ts';

const head = `# auditseal, the chart
A DaemonSet on the control-plane nodes: it ships the Kubernetes audit log of each to Elasticsearch, sealed, so that \`auditseal verify\` can prove that nothing was changed, removed or added.

\`\`\`console
$ kubectl create namespace auditseal
$ kubectl -n auditseal create secret generic auditseal-elasticsearch --from-file=api-key=./api-key
$ helm install auditseal charts/auditseal -n auditseal --set cluster=prod --set image.repository=registry.example/auditseal \\
    --set elasticsearch.url=https://elasticsearch.example:9200 --set elasticsearch.existingSecret=auditseal-elasticsearch
\`\`\`

The namespace has to allow a \`hostPath\` and uid 0 (Pod Security: \`pod-security.kubernetes.io/enforce=privileged\`); the pod itself has no capabilities (on Talos the one that reads another uid's files), no token and a read-only root. Values for kubeadm, kind, k3s, RKE2, OpenShift and Talos: [ci/](ci/).
What each key of the agent does, and what a wrong or hostile value can do: [docs/configuration.md](../../docs/configuration.md).

| value | default | meaning |
|---|---|---|
`;

interface Value {
  /** As `image.repository`. */
  path: string;
  meaning: string;
  /** As JSON has it, a text as it is; nothing of a section, whose values follow. */
  byDefault?: string;
}

/** The chart's README: one row for each value, from the comments of values.yaml. */
export function chartReadme(): string {
  return head + documentedValues().map(row).join('');
}

/** Each value of values.yaml with what its comment says. */
export function documentedValues(): Value[] {
  const document = parseDocument(readFileSync(join(chart, 'values.yaml'), 'utf8'));
  if (!isMap(document.contents)) throw new Error('values.yaml is no map');
  return valuesOf(document.contents, []);
}

function valuesOf(map: YAMLMap, above: string[]): Value[] {
  return map.items.flatMap(({ key, value }, i) => {
    if (!isScalar(key)) throw new Error(`${above.join('.')}: a key that is no text`);
    const here = [...above, String(key.value)];
    const path = here.join('.');
    const meaning = meaningOf(key.commentBefore ?? (i === 0 ? map.commentBefore : undefined));
    // What has a meaning of its own and is not split further below is one value, however deep.
    if (isMap(value) && value.items.length > 0 && hasMeanings(value))
      return [...(meaning ? [{ path, meaning }] : []), ...valuesOf(value, here)];
    const given: unknown = isNode(value) ? value.toJSON() : value;
    return [
      { path, meaning, byDefault: typeof given === 'string' && given !== '' ? given : JSON.stringify(given) },
    ];
  });
}

function hasMeanings(map: YAMLMap): boolean {
  return (
    meaningOf(map.commentBefore) !== '' ||
    map.items.some(
      ({ key, value }) =>
        (isScalar(key) && meaningOf(key.commentBefore) !== '') || (isMap(value) && hasMeanings(value)),
    )
  );
}

function meaningOf(comment: string | null | undefined): string {
  const at = comment?.lastIndexOf(' -- ') ?? -1;
  return at === -1
    ? ''
    : comment!
        .slice(at + 4)
        .replaceAll(/\s+/gu, ' ')
        .trim();
}

function row({ path, meaning, byDefault }: Value): string {
  const value = byDefault === undefined ? '' : `\`${byDefault.replaceAll('|', '\\|')}\``;
  return `| \`${path}\` | ${value} | ${meaning.replaceAll('|', '\\|')} |\n`;
}
