import type { Scene } from '../scene.ts';
import { customKinds } from './kinds.ts';

export async function customResources(scene: Scene): Promise<void> {
  for (const { group, resource, kind, make } of customKinds)
    await scene.create(resource, {
      apiVersion: `${group}/v1`,
      kind,
      ...make((place, stays) => scene.mint(`${kind} ${place}`, stays === undefined ? {} : { stays })),
    });
}
