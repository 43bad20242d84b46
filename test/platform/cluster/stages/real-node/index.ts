import { manifestsOf, until } from '../../../../kit/agent/index.ts';
import type { Cluster } from '../../cluster.ts';
import { elasticsearchUrl } from '../../host.ts';
import { builtImages } from '../../images.ts';
import { startSecured } from '../../keys.ts';
import { notesShell } from '../../notes.ts';
import type { People } from '../../people.ts';
import { RealNode } from '../../real-node.ts';
import { compare } from './comparison.ts';
import { checkContainer } from './container.ts';
import { install, prepare } from './install.ts';
import { checkNotes } from './notes.ts';
import { nodeName, stream } from './place.ts';
import { checkSetupJob, upgradeInTraffic } from './upgrade.ts';
import { checkVerdict, helmTest } from './verdicts.ts';

/** A real kubelet runs the pod from the real image; it is upgraded, and killed, while people work. Nothing is lost or twice. */
export async function runOnRealNode(cluster: Cluster, people: People): Promise<void> {
  const { report, settings, plane } = cluster;
  await report.stage('The pod itself, by a real kubelet, upgraded in the middle of traffic', async () => {
    const images = await builtImages(settings);
    const node = new RealNode(nodeName, plane, settings);
    await prepare(cluster, node, images);
    const secured = await startSecured();
    await install(cluster);
    await checkContainer(cluster);
    // Before the first record of a log, verify says that it has only just begun.
    await until(
      async () => (await manifestsOf(elasticsearchUrl, stream)).length > 0,
      () => 'the agent has shipped no record',
    );
    const shell = await notesShell(settings, plane.admin.kubeconfig);
    await checkNotes(cluster, shell, 5);
    await upgradeInTraffic(cluster, people, node, images);
    await checkSetupJob(cluster, secured);
    await helmTest(cluster);
    // Up to here every pod tolerated it; those that verify by the clock belong on workers, of which there is none.
    await plane.admin.demand('taint', 'nodes', nodeName, 'node-role.kubernetes.io/control-plane-');
    await checkNotes(cluster, shell, 6);
    await checkVerdict(cluster);
    await compare(cluster);
  });
}
