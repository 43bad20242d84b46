import assert from 'node:assert/strict';
import type { Cluster } from '../../cluster.ts';
import { startContainer } from '../../container.ts';
import { namespace } from '../../helm.ts';
import type { People } from '../../people.ts';
import { podsOf } from '../../pods.ts';
import { doThings } from '../../traffic.ts';
import { checkLog } from './log.ts';
import { agent } from './place.ts';
import { checkProcess } from './process.ts';
import { checkWho, countedInElasticsearch } from './who.ts';

/** The agent as the pod on control-plane-1 would run it, on this apiserver's log, while people work. */
export async function runAsThePod(cluster: Cluster, people: People): Promise<void> {
  const { report, plane, settings } = cluster;
  const { admin, processes } = plane;
  await report.stage('The agent as that pod, on this log, with real traffic', async () => {
    const pods = await podsOf(admin, namespace);
    const pod = pods.find(({ spec }) => spec.nodeName === 'control-plane-1')!;
    const child = await startContainer(agent, pod, { settings, kubectl: admin, processes });
    await checkProcess(cluster, pod, child.pid!);
    const tally = await doThings(people);
    await countedInElasticsearch(cluster, tally);
    await checkWho(cluster, tally);
    await report.claim('SIGTERM ends it within its grace period, with everything delivered', async () => {
      const began = performance.now();
      assert.equal(await processes.stop(agent), 0, processes.tail(agent));
      return `exit 0 after ${((performance.now() - began) / 1000).toFixed(1)} s`;
    });
    await checkLog(cluster);
  });
}
