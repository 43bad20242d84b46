import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { until } from '../../../../kit/agent/index.ts';
import type { Cluster } from '../../cluster.ts';
import type { Pod } from '../../pods.ts';
import { run } from '../../processes.ts';
import { agent } from './place.ts';

/** It does what the kubelet would ask of it, with the rights of the pod. */
export async function checkProcess({ report, plane }: Cluster, pod: Pod, pid: number): Promise<void> {
  const [container] = pod.spec.containers;
  await report.claim(
    'command line, configuration, environment and mounts out of that pod: its probes pass',
    async () => {
      const probes = z.object({ httpGet: z.object({ path: z.string() }) });
      const paths = ['startupProbe', 'readinessProbe', 'livenessProbe'].map(
        (name) => probes.parse(container[name]).httpGet.path,
      );
      for (const path of new Set(paths))
        await until(
          async () => {
            plane.processes.demandAlive(agent);
            const answer = await fetch(`http://127.0.0.1:9616${path}`).catch(() => undefined);
            return answer?.status === 200;
          },
          () => `${path} is not 200:\n${plane.processes.tail(agent)}`,
        );
      return `${[...new Set(paths)].join(', ')}; ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()}`;
    },
  );
  await report.claim(
    'it runs as uid 0 without a capability, and can write nothing but its state',
    async () => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const line of ['CapEff', 'CapPrm', 'CapBnd'])
        assert.match(status, new RegExp(`^${line}:\t0+$`, 'mu'));
      assert.match(status, /^NoNewPrivs:\t1$/mu);
      assert.match(status, /^Uid:\t0\t/mu);
      const touch = async (path: string) =>
        (await run(['nsenter', `--target=${pid}`, '--mount', '--root', 'touch', path])).code === 0;
      const can: string[] = [];
      for (const path of [
        '/',
        '/etc/auditseal',
        '/var/log/kubernetes',
        '/opt/auditseal',
        '/tmp',
        '/var/lib/auditseal',
      ])
        if (await touch(join(path, 'written'))) can.push(path);
      assert.deepEqual(can, ['/var/lib/auditseal']);
      return 'CapBnd 0, NoNewPrivs 1';
    },
  );
}
