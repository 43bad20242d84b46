import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { canariesFile, Finder, logFile } from '../../../kit/canaries/index.ts';
import { buildEtcd } from '../../../../bench/etcd/etcd.ts';
import { buildKubernetes } from '../binaries.ts';
import { Apiserver } from './apiserver.ts';
import { Minter, window } from './minter.ts';
import { definitions, heads, plants } from './plants/index.ts';
import { fates, levels, Scene } from './scene.ts';
import { Admission } from './webhook.ts';

/**
 * `node test/platform/cluster/canaries/main.ts`: plants canaries wherever a secret may stand in a request, has a real kube-apiserver
 * write its audit log of them, and keeps both as a fixture: test/kit/fixtures/canaries. The values come from a seed.
 */
async function record(work: string): Promise<void> {
  const etcd = await buildEtcd();
  if ('missing' in etcd) throw new Error(`etcd cannot be built: ${etcd.missing}`);
  const apiserver = join(await buildKubernetes(), 'kube-apiserver');
  const server = await Apiserver.start(work, { etcd: etcd.binary, apiserver });
  const minter = new Minter();
  const admission = await Admission.start(server.authority, minter);
  try {
    await definitions(server);
    await admission.register(server);
    for (const level of levels)
      for (const fate of fates) {
        const client = server.client();
        const scene = new Scene(level, fate, client, minter);
        for (const plant of plants) await plant(scene);
        client.close();
      }
    const proxy = await server.frontProxy();
    await heads(proxy, minter);
    proxy.close();
  } finally {
    await server.stop();
    await admission.stop();
  }
  const log = await readFile(server.auditLog, 'latin1');
  // At level Metadata no bodies are written, so much of what was planted is nowhere.
  const written = new Finder(minter.canaries, window).findIn(log);
  const planted = minter.canaries.filter((canary) => written.has(canary));
  await writeFile(logFile, gzipSync(Buffer.from(log, 'latin1'), { level: 9 }));
  await writeFile(
    canariesFile,
    gzipSync(planted.map((canary) => `${JSON.stringify(canary)}\n`).join(''), { level: 9 }),
  );
  console.log(`${planted.length} canaries in ${log.split('\n').length - 1} events, ${log.length} bytes`);
}

const work = await mkdtemp(join(tmpdir(), 'auditseal-canaries-'));
try {
  await record(work);
} finally {
  await rm(work, { recursive: true, force: true, maxRetries: 10 });
}
