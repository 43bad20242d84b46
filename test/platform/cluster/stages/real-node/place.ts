import assert from 'node:assert/strict';
import { join } from 'node:path';
import { namespace, release } from '../../helm.ts';
import type { Kubectl } from '../../kubectl.ts';
import { notesFolder } from '../../notes.ts';
import { podsOf } from '../../pods.ts';
import type { Pod } from '../../pods.ts';

export const nodeName = 'control-plane-1';
/** Namespace of the data streams. */
export const stream = 'node';
const instance = `app.kubernetes.io/instance=${release},app.kubernetes.io/name=auditseal`;

/** The trust file that the commands of NOTES.txt make. */
export const trustFile = (work: string) => join(notesFolder(work), 'trust.json');

/** The DaemonSet's pod; throws if there is none, or a second one. */
export async function onlyPod(kubectl: Kubectl): Promise<Pod> {
  const [pod, ...others] = await podsOf(kubectl, namespace, instance);
  assert.ok(pod && others.length === 0, `${others.length + (pod ? 1 : 0)} pods`);
  return pod;
}

/** Whole seconds since `performance.now()` was so much. */
export function seconds(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0);
}
