import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Machine } from '../machine.ts';

const proxyConfig = z.looseObject({ data: z.looseObject({ 'config.conf': z.string() }) });

/** The cluster's owner waits until it is up: the node, kube-proxy and DNS. */
export async function settle({ report, person }: Machine): Promise<void> {
  await report.claim('the cluster is up: the node is ready, kube-proxy and CoreDNS run', async () => {
    const text = await person.demand('kubectl -n kube-system get configmap kube-proxy -o json');
    const map = proxyConfig.parse(JSON.parse(text));
    const config = map.data['config.conf'].replace('maxPerCore: null', 'maxPerCore: 0');
    await writeFile(join(person.home, 'proxy.json'), JSON.stringify({ data: { 'config.conf': config } }));
    await person.demand('kubectl -n kube-system patch configmap kube-proxy --patch-file ~/proxy.json');
    await person.demand('kubectl -n kube-system rollout restart daemonset/kube-proxy');
    await person.demand('kubectl wait --for=condition=Ready node/cp-1 --timeout=300s');
    for (const workload of ['daemonset/kube-proxy', 'deployment/coredns'])
      await person.demand(`kubectl -n kube-system rollout status ${workload} --timeout=300s`);
    return (await person.demand('kubectl get pods -A --no-headers'))
      .replaceAll(/ +/gu, ' ')
      .trim()
      .split('\n')
      .join('; ');
  });
}
