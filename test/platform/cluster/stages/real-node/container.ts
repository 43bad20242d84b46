import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../../cluster.ts';
import { versions } from '../../images.ts';
import { onlyPod } from './place.ts';

/** What the container runtime made of the pod, as the kernel shows it. */
export async function checkContainer({ report, plane }: Cluster): Promise<void> {
  await report.claim(
    'in its process: uid 0, no capability, seccomp, the memory limit; no token, no shell, a read-only root',
    () => {
      const pid = agentPid();
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const wanted of [
        /^Uid:\t0\t/mu,
        /^CapEff:\t0+$/mu,
        /^CapBnd:\t0+$/mu,
        /^NoNewPrivs:\t1$/mu,
        /^Seccomp:\t2$/mu,
      ])
        assert.match(status, wanted);
      const root = `/proc/${pid}/root`;
      const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
      assert.match(mounts, /^\S+ \S+ \S+ \S+ \/ ro\b/mu);
      assert.doesNotMatch(mounts, /serviceaccount/u);
      assert.ok(!readdirSync(join(root, 'usr/bin')).some((name) => /^(?:ba|da)?sh$/u.test(name)));
      const limit = memoryLimit(pid);
      assert.equal(limit, 328 * 1024 * 1024);
      return `Seccomp 2, memory limit ${limit / 1024 / 1024} MiB`;
    },
  );
  await report.claim('its metrics answer on the pod network', async () => {
    const { status } = await onlyPod(plane.admin);
    const text = await (await fetch(`http://${status.podIP}:9616/metrics`)).text();
    const info = /^auditseal_build_info\{.*$/mu.exec(text)?.[0];
    assert.match(info ?? '', new RegExp(`version="${versions.first}"`, 'u'));
    return `${status.podIP}: ${info}`;
  });
}

/** The agent's process, seen from the node. */
export function agentPid(): number {
  const found = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/u.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('/opt/auditseal/auditseal.js\0run\0');
    } catch {
      return false;
    }
  });
  assert.equal(found.length, 1, `processes of agents: ${found.join(', ')}`);
  return Number(found[0]);
}

function memoryLimit(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  const old = lines.find((line) => line.split(':')[1] === 'memory');
  if (old)
    return Number(readFileSync(`/sys/fs/cgroup/memory${old.split(':')[2]}/memory.limit_in_bytes`, 'utf8'));
  return Number(readFileSync(`/sys/fs/cgroup${lines[0]!.split(':')[2]}/memory.max`, 'utf8'));
}
