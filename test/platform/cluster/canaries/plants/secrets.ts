import { namespace, pathOf } from '../scene.ts';
import type { KubernetesObject, Scene } from '../scene.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = { apiVersion: 'v1', kind: 'Secret' };

/** Secrets of each built-in type, as JSON and YAML, whole and as what tools keep of them in annotations. */
export async function secrets(scene: Scene): Promise<void> {
  const { mint } = bound(scene);
  const registry = {
    auths: { 'registry.example': { username: 'robot', password: mint('Secret .dockerconfigjson') } },
  };
  const objects: KubernetesObject[] = [
    {
      ...secret,
      data: {
        password: base64(mint('Secret data')),
        'app.conf': base64(`a: ${mint('a file in Secret data')}\n`),
      },
    },
    { ...secret, stringData: { anything: mint('Secret stringData') } },
    {
      ...secret,
      type: 'kubernetes.io/basic-auth',
      stringData: { username: 'u', password: mint('Secret basic-auth') },
    },
    { ...secret, type: 'kubernetes.io/ssh-auth', stringData: { 'ssh-privatekey': mint('Secret ssh-auth') } },
    {
      ...secret,
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': base64(JSON.stringify(registry)) },
    },
    { ...secret, type: 'helm.sh/release.v1', data: { release: base64(mint('Secret of a Helm release')) } },
    {
      ...secret,
      type: 'bootstrap.kubernetes.io/token',
      stringData: { 'token-secret': mint('Secret bootstrap token') },
    },
    {
      ...secret,
      metadata: {
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
            ...secret,
            data: { a: base64(mint('last-applied-configuration of a Secret')) },
          }),
        },
      },
      data: { a: base64(mint('Secret data beside last-applied-configuration')) },
    },
  ];
  for (const object of objects) await scene.create('secrets', object);
  const yaml = `apiVersion: v1\nkind: Secret\nmetadata: {name: ${scene.name()}, labels: {fate: ${scene.fate}}}\nstringData:\n  a: ${mint('Secret in YAML')}\n`;
  await scene.send({ method: 'POST', path: pathOf(secret, 'secrets'), type: 'application/yaml', body: yaml });
  const wrong = { ...secret, data: { a: `not base64: ${mint('Secret data that is no base64')}` } };
  await scene.create('secrets', wrong);
  await scene.create('secrets', { ...secret, data: mint('Secret data of the wrong type') });
  const immutable = await scene.create('secrets', {
    ...secret,
    immutable: true,
    stringData: { a: mint('an immutable Secret') },
  });
  const changed = {
    ...secret,
    metadata: { name: immutable, namespace },
    immutable: true,
    stringData: { a: mint('its change') },
  };
  const path = `${pathOf(secret, 'secrets')}/${immutable}`;
  await scene.send({ method: 'PUT', path, type: 'application/json', body: JSON.stringify(changed) });
}

function bound(scene: Scene) {
  return { mint: (place: string) => scene.mint(place) };
}
