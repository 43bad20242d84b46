import { namespace } from '../scene.ts';
import type { Scene } from '../scene.ts';

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** Lists of what a namespace of their own holds, whole and as tables. */
export async function lists(scene: Scene): Promise<void> {
  if (scene.fate !== 'accepted') return;
  const own = `lists-${scene.level.toLowerCase()}`;
  const send = async (method: string, path: string, body?: object, headers = {}) =>
    scene.send({
      method,
      path,
      type: 'application/json',
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
  await send('POST', '/api/v1/namespaces', { metadata: { name: own } });
  const mint = (place: string) => scene.mint(`${place} in a list`);
  const path = (resource: string) => `/api/v1/namespaces/${own}/${resource}`;
  await send('POST', path('secrets'), { metadata: { name: 'a' }, stringData: { a: mint('a Secret') } });
  await send('POST', path('configmaps'), {
    metadata: { name: 'a' },
    data: { password: mint('a ConfigMap') },
  });
  const spec = {
    containers: [
      { name: 'a', image: 'registry.example/a:1', env: [{ name: 'DB_PASSWORD', value: mint('a Pod') }] },
    ],
  };
  await send('POST', path('pods'), {
    metadata: { name: 'a', annotations: applied(mint('last-applied-configuration')) },
    spec,
  });
  await send('POST', `/apis/monitoring.example/v1/namespaces/${own}/checks`, {
    apiVersion: 'monitoring.example/v1',
    kind: 'Check',
    metadata: { name: 'a' },
    spec: { password: mint('a custom resource') },
  });
  for (const resource of ['secrets', 'configmaps', 'pods']) {
    await send('GET', path(resource));
    await send('GET', `${path(resource)}?includeObject=Object`, undefined, { accept: table });
    await send('GET', `${path(resource)}/a`);
    await send('DELETE', `${path(resource)}/a`);
  }
  await send('GET', `/apis/monitoring.example/v1/namespaces/${own}/checks`);
  await send('DELETE', `/apis/monitoring.example/v1/namespaces/${own}/checks/a`);
  await events(scene);
}

/** Events of the API: what a component says of an object. */
async function events(scene: Scene): Promise<void> {
  const about = {
    apiVersion: 'v1',
    kind: 'Event',
    reason: 'Failed',
    involvedObject: { kind: 'Pod', name: 'a', namespace },
  };
  await scene.create('events', {
    ...about,
    message: `Error: dial postgres://app:${scene.mint('a URL in the message of an Event')}@db.example: refused`,
  });
  await scene.create('events', {
    ...about,
    message: `command failed: login --password=${scene.mint('a flag in the message of an Event')}`,
  });
}

function applied(password: string) {
  const object = { spec: { env: [{ name: 'DB_PASSWORD', value: password }] } };
  return { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object) };
}
