import { z } from 'zod';
import type { Kubectl } from './kubectl.ts';

const volumeSchema = z.looseObject({
  name: z.string(),
  configMap: z.looseObject({ name: z.string() }).optional(),
  secret: z
    .looseObject({
      secretName: z.string(),
      defaultMode: z.int(),
      items: z.array(z.object({ key: z.string(), path: z.string() })).optional(),
    })
    .optional(),
  hostPath: z.object({ path: z.string(), type: z.string().optional() }).optional(),
});

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z.object({ fieldRef: z.looseObject({ fieldPath: z.string() }) }).optional(),
      }),
    )
    .optional(),
  securityContext: z.looseObject({ runAsUser: z.int().optional() }),
  volumeMounts: z.array(
    z.looseObject({
      name: z.string(),
      mountPath: z.string(),
      readOnly: z.boolean().optional(),
      subPath: z.string().optional(),
    }),
  ),
});

/** A pod of one container, as the apiserver returns it. */
export const podSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string(), uid: z.string() }),
  spec: z.looseObject({
    nodeName: z.string().optional(),
    containers: z.tuple([containerSchema]),
    volumes: z.array(volumeSchema),
    tolerations: z.array(z.looseObject({ key: z.string(), operator: z.string() })),
  }),
  status: z.looseObject({
    phase: z.string(),
    podIP: z.string().optional(),
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
    containerStatuses: z
      .array(
        z.looseObject({ ready: z.boolean(), restartCount: z.int(), image: z.string(), imageID: z.string() }),
      )
      .optional(),
  }),
});
export type Pod = z.infer<typeof podSchema>;
export type Volume = z.infer<typeof volumeSchema>;

/** The pods of a namespace, of these labels. */
export async function podsOf(kubectl: Kubectl, namespace: string, selector = ''): Promise<Pod[]> {
  const found = await kubectl.json('get', 'pods', '-n', namespace, '-l', selector);
  return z.object({ items: z.array(podSchema) }).parse(found).items;
}

export function isReady({ status }: Pod): boolean {
  return (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');
}
