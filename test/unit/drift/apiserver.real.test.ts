import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { buildEtcd } from '../../../bench/etcd/etcd.ts';
import { examine } from '../../../agent/drift/index.ts';
import type { Finding } from '../../../agent/drift/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { testReal } from '../../kit/real.ts';
import { buildKubernetes } from '../../platform/cluster/binaries.ts';
import { administrator, Apiserver } from '../../platform/cluster/canaries/apiserver.ts';

const { signal } = new AbortController();
const of = (findings: readonly Finding[], id: string) => findings.find((finding) => finding.id === id);

const pod = (flags: readonly string[]) =>
  JSON.stringify({
    kind: 'Pod',
    spec: {
      containers: [{ name: 'kube-apiserver', command: ['kube-apiserver', ...flags], image: 'k:v1.35.4' }],
    },
  });

testReal(
  'a real kube-apiserver says its flags by /flagz and its counts by /metrics; a manifest that says otherwise is told',
  async () => {
    await using folder = await temporaryFolder();
    const etcd = await buildEtcd();
    if ('missing' in etcd) throw new Error(`etcd cannot be built: ${etcd.missing}`);
    const apiserver = join(await buildKubernetes(), 'kube-apiserver');
    const server = await Apiserver.start(folder.path, { etcd: etcd.binary, apiserver }, [
      // On by default since 1.36.
      '--feature-gates=ComponentFlagz=true',
      '--audit-log-maxage=7',
    ]);
    try {
      const tokenFile = join(folder.path, 'token');
      await writeFile(tokenFile, `${administrator}\n`);
      const manifests = join(folder.path, 'manifests');
      await mkdir(manifests);
      const look = async (flags: readonly string[], token: string | undefined = tokenFile) => {
        await writeFile(join(manifests, 'kube-apiserver.yaml'), pod(flags));
        const asked = { url: server.url, tokenFile: token, caFile: server.authority.file };
        return await examine(
          { logPaths: [server.auditLog], apiserverPath: manifests, apiserver: asked },
          signal,
        );
      };
      const { findings, metrics } = await look(server.flags);
      expect([of(findings, 'flagz')?.state, of(findings, 'apiserver-metrics')?.state]).toEqual(['ok', 'ok']);
      expect(of(findings, 'flags-in-force')).toMatchObject({ state: 'ok', found: 'the same in /flagz' });
      expect(of(findings, 'flag-audit-log-maxage')).toMatchObject({ state: 'warning', found: '7' });
      // Defaults show there, too.
      expect(of(findings, 'flag-audit-log-format')).toMatchObject({ state: 'ok', found: 'json' });
      expect(of(findings, 'audit-policy-in-force')?.state).toBe('ok');
      expect(of(findings, 'apiserver-audit-errors')?.state).toBe('ok');
      expect(metrics?.version).toBe('1.35');
      expect([...metrics!.levels.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
      const changed = server.flags.map((flag) => flag.replace('maxage=7', 'maxage=30'));
      expect(of((await look(changed)).findings, 'flags-in-force')).toMatchObject({
        state: 'problem',
        found: 'audit-log-maxage is "7", and "30" is written',
      });
      const wrong = join(folder.path, 'wrong');
      await writeFile(wrong, 'nobody');
      expect(of((await look(server.flags, wrong)).findings, 'flagz')).toMatchObject({
        state: 'unchecked',
        found: expect.stringContaining('was answered 401') as string,
      });
    } finally {
      await server.stop();
    }
  },
);
