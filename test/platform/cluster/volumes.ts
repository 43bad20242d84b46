import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Kubectl } from './kubectl.ts';
import type { Pod, Volume } from './pods.ts';

const data = z.looseObject({ data: z.record(z.string(), z.string()) });

/** Makes a pod's volumes, as a kubelet does, each a folder in `folder` or one of the node; name → path. */
export async function makeVolumes(pod: Pod, kubectl: Kubectl, folder: string): Promise<Map<string, string>> {
  const made = new Map<string, string>();
  for (const volume of pod.spec.volumes)
    made.set(volume.name, await makeVolume(volume, pod.metadata.namespace, kubectl, folder));
  return made;
}

async function makeVolume(
  volume: Volume,
  namespace: string,
  kubectl: Kubectl,
  folder: string,
): Promise<string> {
  const { name, hostPath, configMap, secret } = volume;
  if (hostPath) {
    if (hostPath.type === 'DirectoryOrCreate') await mkdir(hostPath.path, { recursive: true });
    return hostPath.path;
  }
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  if (configMap) {
    const object = data.parse(await kubectl.json('get', 'configmap', configMap.name, '-n', namespace));
    for (const [key, text] of Object.entries(object.data)) await writeFile(join(path, key), text);
  } else if (secret) {
    const object = data.parse(await kubectl.json('get', 'secret', secret.secretName, '-n', namespace));
    const items = secret.items ?? Object.keys(object.data).map((key) => ({ key, path: key }));
    for (const item of items) {
      const file = join(path, item.path);
      await writeFile(file, Buffer.from(object.data[item.key]!, 'base64'));
      await chmod(file, secret.defaultMode);
    }
  } else
    throw new Error(`volume ${name} is of a kind that this test does not know: ${JSON.stringify(volume)}`);
  return path;
}
