import assert from 'node:assert/strict';
import { z } from 'zod';
import { until } from '../../../../kit/agent/index.ts';
import { ask } from '../../../../unit/setup/keys.ts';
import type { Secured } from '../../../../unit/setup/secured.ts';
import { auditFiles } from '../../audit-files.ts';
import { BusyPeople } from '../../busy.ts';
import type { Cluster } from '../../cluster.ts';
import { namespace, release } from '../../helm.ts';
import { versions } from '../../images.ts';
import type { Images } from '../../images.ts';
import type { Kubectl } from '../../kubectl.ts';
import type { People } from '../../people.ts';
import { isReady } from '../../pods.ts';
import type { RealNode } from '../../real-node.ts';
import { agentPid } from './container.ts';
import { onlyPod, seconds, trustFile } from './place.ts';

/** What the first release did not have. */
const switchedOn = [
  'setup.enabled=true',
  'setup.existingSecret=auditseal-administrator',
  'verify.enabled=true',
  'verify.existingSecret=auditseal-read',
  'verify.trustConfigMap=auditseal-trust',
];

/** The second version takes over, and is killed, while the apiserver writes and rotates. */
export async function upgradeInTraffic(
  cluster: Cluster,
  people: People,
  node: RealNode,
  images: Images,
): Promise<void> {
  const { report, plane, helm, settings } = cluster;
  const busy = new BusyPeople(people);
  const rotations = () => auditFiles(plane.auditLog).length - 1;
  const more = async (count: number) => {
    const wanted = rotations() + count;
    const rotated = () => {
      busy.demandWorking();
      return rotations() >= wanted;
    };
    await until(rotated, () => `${rotations()} of ${wanted} rotations`, { millisecondsMax: 180_000 });
  };
  await more(3);
  await node.importImage(images.second);
  const trust = ['create', 'configmap', 'auditseal-trust', `--from-file=${trustFile(settings.work)}`];
  await plane.admin.demand(...trust, '-n', namespace);
  await report.claim('helm upgrade to the next image, while people work: the pod is replaced', async () => {
    const began = performance.now();
    const [before, rotated] = [await onlyPod(plane.admin), rotations()];
    const wait = ['--wait', '--timeout', '4m'];
    await helm.apply(
      'upgrade',
      [`image.tag=${versions.second}`, ...switchedOn],
      '--reset-then-reuse-values',
      ...wait,
    );
    await plane.admin.demand('rollout', 'status', `daemonset/${release}`, '-n', namespace, '--timeout=4m');
    const after = await onlyPod(plane.admin);
    assert.ok(isReady(after));
    assert.notEqual(after.metadata.uid, before.metadata.uid);
    assert.match(after.spec.containers[0].image, new RegExp(`:${versions.second}$`, 'u'));
    return `${after.spec.containers[0].image} ready after ${seconds(began)} s, ${rotations() - rotated} rotations meanwhile`;
  });
  await more(2);
  await report.claim('SIGKILL of the agent in its container: the kubelet starts it again', async () => {
    process.kill(agentPid(), 'SIGKILL');
    await until(
      () => isReadyAgain(plane.admin),
      () => 'it is not ready again',
      { millisecondsMax: 120_000, everyMilliseconds: 500 },
    );
  });
  await more(2);
  await busy.stop();
  report.note(`${busy.commands} commands of kubectl meanwhile, ${rotations()} rotations in all`);
}

async function isReadyAgain(kubectl: Kubectl): Promise<boolean> {
  const pod = await onlyPod(kubectl);
  return isReady(pod) && pod.status.containerStatuses?.[0]?.restartCount === 1;
}

/** What the hook of that upgrade did. */
export async function checkSetupJob({ report, plane }: Cluster, secured: Secured): Promise<void> {
  await report.claim(
    "the hook's job ran auditseal setup with the administrator's key, and the agents install nothing",
    async () => {
      const found = await ask(secured.openUrl, 'GET', '/_security/api_key?name=administrator');
      const { api_keys: keys } = z.object({ api_keys: z.tuple([z.object({ id: z.string() })]) }).parse(found);
      const [{ id }] = keys;
      const templates = secured.requests.filter(
        ({ method, path, headers }) =>
          method === 'PUT' && path.startsWith('/_index_template/') && keyId(headers.authorization) === id,
      );
      assert.ok(templates.length > 0);
      const config = await plane.admin.demand('get', 'configmap', release, '-n', namespace, '-o', 'yaml');
      assert.match(config, /installTemplates: false/u);
      return templates.map(({ path }) => path).join(', ');
    },
  );
}

/** Of an API key in a header. */
function keyId(header = ''): string | undefined {
  const [scheme, encoded = ''] = header.split(' ');
  return scheme === 'ApiKey' ? Buffer.from(encoded, 'base64').toString().split(':')[0] : undefined;
}
