import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { ControlPlane } from '../control-plane.ts';
import type { Report } from '../report.ts';
import type { Settings } from '../settings.ts';

/** A real control plane with our policy and flags; undefined, with a failure in the report, if it does not start. */
export async function startControlPlane(
  settings: Settings,
  report: Report,
): Promise<ControlPlane | undefined> {
  let plane: ControlPlane | undefined;
  await report.stage('The control plane', async () => {
    plane = await ControlPlane.start(settings);
    const { admin, auditFlags, auditLog } = plane;
    await report.claim('etcd, kube-apiserver, kube-controller-manager and kube-scheduler run', async () => {
      const { serverVersion } = (await admin.json('version')) as { serverVersion: { gitVersion: string } };
      return serverVersion.gitVersion;
    });
    await report.claim(
      'the apiserver takes manifests/audit-policy.yaml and the flags of manifests/kubeadm-cluster-configuration.yaml',
      async () => {
        const { size, mode, uid } = await stat(auditLog);
        assert.ok(size > 0);
        assert.equal(mode & 0o777, 0o600);
        assert.equal(uid, 0);
        return `${auditFlags.join(' ')}; ${auditLog} is root's, mode 0600`;
      },
    );
  });
  return plane;
}
