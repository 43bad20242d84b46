import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Cluster } from '../cluster.ts';
import { namespace, release } from '../helm.ts';

const stateDir = '/var/lib/auditseal';
const kinds = 'daemonsets,pods,configmaps,serviceaccounts,networkpolicies,services,jobs,cronjobs,secrets';
const workload = z.looseObject({
  spec: z
    .object({
      template: z
        .looseObject({ metadata: z.looseObject({ annotations: z.record(z.string(), z.string()) }) })
        .loose(),
    })
    .loose(),
});

/** What helm does with a release after its install. Afterwards nothing of it is left, and neither are nodes that take it. */
export async function checkRelease(cluster: Cluster): Promise<void> {
  const { report, plane, helm } = cluster;
  const { admin } = plane;
  await report.stage('Upgrade, rollback and uninstall', async () => {
    const first = await checksum(cluster);
    await report.claim('helm upgrade with another configuration makes other pods', async () => {
      await helm.apply('upgrade', ['config.heartbeatSeconds=30'], '--reuse-values');
      const config = await admin.demand('get', 'configmap', release, '-n', namespace, '-o', 'yaml');
      assert.match(config, /heartbeatSeconds: 30/u);
      assert.notEqual(await checksum(cluster), first);
    });
    await report.claim('a wrong value fails with its path, and changes nothing', async () => {
      const before = await revision(cluster);
      await assert.rejects(
        helm.apply('upgrade', ['config.heartbeatSeconds=soon'], '--reuse-values'),
        /config[./]heartbeatSeconds/u,
      );
      assert.equal(await revision(cluster), before);
    });
    await report.claim('helm rollback brings the first one back', async () => {
      await helm.demand('rollback', release, '1');
      assert.equal(await checksum(cluster), first);
    });
    await report.claim(
      'helm uninstall leaves nothing but the Secret that was given, and the state on the node',
      async () => {
        await helm.demand('uninstall', release);
        // Nobody else ends pods of nodes that are only registered.
        const pods = ['delete', 'pods', '--all', '-n', namespace, '--force', '--grace-period=0'];
        await admin.demand(...pods);
        const left = await admin.demand('get', kinds, '-n', namespace, '-o', 'name');
        assert.deepEqual(left.trim().split('\n').toSorted(), [
          'configmap/kube-root-ca.crt',
          'secret/auditseal-elasticsearch',
          'serviceaccount/default',
        ]);
        assert.ok(existsSync(join(stateDir, 'state.db')));
      },
    );
  });
}

async function checksum({ plane }: Cluster): Promise<string> {
  const found = workload.parse(await plane.admin.json('get', 'daemonset', release, '-n', namespace));
  return found.spec.template.metadata.annotations['checksum/config']!;
}

async function revision({ helm }: Cluster): Promise<number> {
  const history: unknown = JSON.parse(await helm.demand('history', release, '--output', 'json'));
  return z
    .array(z.looseObject({ revision: z.int() }))
    .parse(history)
    .at(-1)!.revision;
}
