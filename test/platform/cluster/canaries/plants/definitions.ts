import type { Apiserver } from '../apiserver.ts';
import { until } from '../../../../kit/agent/index.ts';
import { namespace } from '../scene.ts';
import { customKinds } from './kinds.ts';

/** The namespace, and definitions of the custom resources that take any members. */
export async function definitions(apiserver: Apiserver): Promise<void> {
  await apiserver.create('/api/v1/namespaces', { metadata: { name: namespace } });
  const open = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const strict = {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { adminPassword: { type: 'string', maxLength: 4 } } },
      },
    },
  };
  const kinds = [
    ...customKinds.map((one) => ({ ...one, schema: open })),
    { group: 'monitoring.example', resource: 'stricts', kind: 'Strict', schema: strict },
  ];
  for (const { group, resource, kind, schema } of kinds)
    await apiserver.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: `${resource}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: resource, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
  for (const { group, resource } of kinds)
    await until(
      async () =>
        (await apiserver.admin('GET', `/apis/${group}/v1/namespaces/${namespace}/${resource}`)).code === 200,
      () => `${resource}.${group} is not served`,
    );
}
