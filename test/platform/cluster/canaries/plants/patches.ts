import { namespace } from '../scene.ts';
import type { Scene } from '../scene.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const types = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Patches of Secrets, Pods, Deployments and a custom resource in each format; what the round refuses has nothing to be patched. */
export async function patches(scene: Scene): Promise<void> {
  if (scene.fate !== 'accepted' && scene.fate !== 'invalid') return;
  await secretPatches(scene);
  await podPatches(scene);
  await workloadPatches(scene);
  await customPatches(scene);
  await checkedPatches(scene);
  await wrongBodies(scene);
}

/** An object without a label that admission looks at. */
async function plain(scene: Scene, path: string, object: object): Promise<string> {
  const name = scene.name();
  const body = JSON.stringify({ ...object, metadata: { name } });
  await scene.send({ method: 'POST', path, type: 'application/json', body });
  return `${path}/${name}`;
}

async function secretPatches(scene: Scene): Promise<void> {
  const refused = scene.fate === 'invalid';
  const mint = (place: string) => scene.mint(`Secret, ${place}`);
  const value = (place: string) => (refused ? `no base64: ${mint(place)}` : base64(mint(place)));
  const path = await plain(scene, `/api/v1/namespaces/${namespace}/secrets`, {
    stringData: { old: mint('what it held before') },
  });
  await scene.patch(path, types.json, [{ op: 'add', path: '/data/a', value: value('JSON patch') }]);
  await scene.patch(path, types.json, [
    { op: 'replace', path: '/data', value: { b: value('JSON patch of all data') } },
  ]);
  await scene.patch(path, types.json, [{ op: 'test', path: '/data/old', value: value('JSON patch test') }]);
  await scene.patch(path, types.merge, { data: { c: value('merge patch') } });
  await scene.patch(path, types.merge, { stringData: { d: mint('merge patch of stringData') } });
  await scene.patch(path, types.strategic, { data: { e: value('strategic patch') } });
  const about = { apiVersion: 'v1', kind: 'Secret' };
  const query = `${path}?fieldManager=canaries&force=true`;
  await scene.patch(query, types.apply, { ...about, data: { f: value('apply as JSON') } });
  await scene.patch(
    query,
    types.apply,
    `apiVersion: v1\nkind: Secret\nstringData:\n  g: ${mint('apply as YAML')}\n`,
  );
  if (!refused) return;
  await scene.patch(path, types.strategic, { data: mint('strategic patch of the wrong type') });
  await scene.patch(path, types.merge, `{"data":{"h":"${mint('merge patch that is cut')}`);
  await scene.patch(path, types.json, [
    { op: 'add', path: `/nothing/${mint('JSON patch path')}`, value: mint('JSON patch of nothing') },
  ]);
  await scene.patch(`${path}?fieldValidation=Strict`, types.merge, {
    data: { i: value('merge patch, strict') },
    wrong: mint('unknown member'),
  });
  await scene.patch(path, 'application/x-unknown', mint('patch of an unknown type'));
}

/** A Pod's variables cannot be changed: the apiserver says so with the difference, old and new. */
async function podPatches(scene: Scene): Promise<void> {
  const mint = (place: string) => scene.mint(`Pod, ${place}`);
  const container = (place: string) => ({
    name: 'a',
    image: 'registry.example/a:1',
    env: [{ name: 'DB_PASSWORD', value: mint(place) }],
    args: [`--token=${mint(`${place} args`)}`],
  });
  const path = await plain(scene, `/api/v1/namespaces/${namespace}/pods`, {
    spec: { containers: [container('what it held before')] },
  });
  if (scene.fate === 'invalid') {
    await scene.patch(path, types.strategic, { spec: { containers: [container('strategic patch')] } });
    await scene.patch(path, types.merge, { spec: { containers: [container('merge patch')] } });
    await scene.patch(path, types.json, [
      { op: 'replace', path: '/spec/containers/0/env/0/value', value: mint('JSON patch by index') },
    ]);
    const about = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [container('apply')] } };
    await scene.patch(`${path}?fieldManager=canaries&force=true`, types.apply, about);
  }
  const debugged = {
    ephemeralContainers: [{ ...container('ephemeral container'), name: `d${scene.name()}` }],
  };
  await scene.patch(`${path}/ephemeralcontainers`, types.strategic, { spec: debugged });
  const last = { metadata: { annotations: { 'x.example/auth-token': mint('annotation in a patch') } } };
  await scene.patch(path, types.strategic, last);
}

async function workloadPatches(scene: Scene): Promise<void> {
  const mint = (place: string) => scene.mint(`Deployment, ${place}`);
  const template = (place: string) => ({
    metadata: { labels: { app: 'a' } },
    spec: {
      containers: [
        { name: 'a', image: 'registry.example/a:1', env: [{ name: 'API_KEY', value: mint(place) }] },
      ],
    },
  });
  const spec = {
    replicas: 0,
    selector: { matchLabels: { app: 'a' } },
    template: template('what it held before'),
  };
  const path = await plain(scene, `/apis/apps/v1/namespaces/${namespace}/deployments`, { spec });
  const wrong = scene.fate === 'invalid' ? { replicas: 'many' } : {};
  const changed = (place: string) => ({ spec: { ...wrong, template: template(place) } });
  await scene.patch(path, types.strategic, changed('strategic patch'));
  await scene.patch(path, types.merge, changed('merge patch'));
  const env = '/spec/template/spec/containers/0/env';
  await scene.patch(path, types.json, [
    { op: 'add', path: `${env}/-`, value: { name: 'X_TOKEN', value: mint('JSON patch') } },
  ]);
  await scene.patch(path, types.json, [
    { op: 'test', path: `${env}/0/name`, value: 'API_KEY' },
    { op: 'replace', path: `${env}/0/value`, value: mint('JSON patch by index') },
  ]);
  const about = { apiVersion: 'apps/v1', kind: 'Deployment' };
  const query = `${path}?fieldManager=canaries&force=true`;
  await scene.patch(query, types.apply, { ...about, ...changed('apply as JSON') });
  const yaml = `apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        env:\n        - name: API_KEY\n          value: ${mint('apply as YAML')}\n        - {name: B_TOKEN, value: ${mint('apply as YAML, flow style')}}\n`;
  await scene.patch(query, types.apply, yaml);
}

/** A definition with a schema: what does not fit is quoted by the apiserver, behind its path. */
async function checkedPatches(scene: Scene): Promise<void> {
  const mint = (place: string) => scene.mint(`custom resource with a schema, ${place}`);
  const group = 'monitoring.example/v1';
  const about = { apiVersion: group, kind: 'Strict' };
  const path = `/apis/${group}/namespaces/${namespace}/stricts`;
  const tooLong = (place: string) => (scene.fate === 'invalid' ? mint(place) : 'x');
  await plain(scene, path, { ...about, spec: { adminPassword: tooLong('a value that is too long') } });
  const made = await plain(scene, path, { ...about, spec: { adminPassword: 'x' } });
  await scene.patch(made, types.merge, { spec: { adminPassword: tooLong('a patch that is too long') } });
}

async function customPatches(scene: Scene): Promise<void> {
  const mint = (place: string) => scene.mint(`custom resource, ${place}`);
  const group = 'monitoring.example/v1';
  const about = { apiVersion: group, kind: 'Check' };
  const path = await plain(scene, `/apis/${group}/namespaces/${namespace}/checks`, {
    ...about,
    spec: { password: mint('what it held before') },
  });
  const name = scene.fate === 'invalid' ? { metadata: { labels: { a: 'not a label!' } } } : {};
  await scene.patch(path, types.merge, { ...name, spec: { password: mint('merge patch') } });
  await scene.patch(path, types.json, [
    { op: 'add', path: '/spec/clientSecret', value: mint('JSON patch') },
    ...(scene.fate === 'invalid' ? [{ op: 'remove', path: '/nothing' }] : []),
  ]);
  await scene.patch(`${path}?fieldManager=canaries&force=true`, types.apply, {
    ...about,
    ...name,
    spec: { token: mint('apply as JSON') },
  });
}

/** A body that is no object of the kind, or of another content type than it says: the apiserver quotes how it begins. */
async function wrongBodies(scene: Scene): Promise<void> {
  if (scene.fate !== 'invalid') return;
  const mint = (place: string) => scene.mint(`wrong body, ${place}`);
  const send = async (resource: string, type: string, body: string) =>
    scene.send({ method: 'POST', path: `/api/v1/namespaces/${namespace}/${resource}`, type, body });
  for (const resource of ['pods', 'secrets', 'services']) {
    await send(
      resource,
      'application/json',
      JSON.stringify({ env: [{ name: 'A_TOKEN', value: mint(`${resource} without a kind`) }] }),
    );
    await send(
      resource,
      'application/json',
      `{"kind":"X","apiVersion":"v1","password":"${mint(`${resource} that is cut`)}`,
    );
    await send(
      resource,
      'application/vnd.kubernetes.protobuf',
      `password: ${mint(`${resource}, no protobuf`)}`,
    );
    await send(resource, 'application/yaml', `- password: ${mint(`${resource}, YAML of a list`)}\n`);
  }
}
