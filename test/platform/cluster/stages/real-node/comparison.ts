import assert from 'node:assert/strict';
import { z } from 'zod';
import { collect, countEvents, difference, manifestsOf, until } from '../../../../kit/agent/index.ts';
import { auditseal } from '../../../../kit/installation.ts';
import { auditFiles, auditLines } from '../../audit-files.ts';
import type { Cluster } from '../../cluster.ts';
import { elasticsearchUrl } from '../../host.ts';
import { versions } from '../../images.ts';
import { stream, trustFile } from './place.ts';

/** With the apiserver stopped, no line comes any more: the log's files against what Elasticsearch has. */
export async function compare({ report, plane, settings }: Cluster): Promise<void> {
  await plane.stop();
  const lines = auditLines(plane.auditLog);
  await report.claim(
    'every line of the audit log on the disk is in Elasticsearch, byte for byte, and exactly once',
    async () => {
      await until(
        async () => (await countEvents(elasticsearchUrl, stream)) >= lines.length,
        () => `Elasticsearch has not all ${lines.length} events`,
        { everyMilliseconds: 500 },
      );
      const written = new Map<string, number>();
      for (const line of lines) written.set(line, (written.get(line) ?? 0) + 1);
      assert.deepEqual(difference(written, await collect(elasticsearchUrl, stream)), []);
      return `${lines.length} lines of ${auditFiles(plane.auditLog).length} files`;
    },
  );
  await report.claim(
    'one unbroken log over the upgrade and the kill: no gap, no batch left out, one key',
    async () => {
      const manifests = await manifestsOf(elasticsearchUrl, stream);
      assert.equal(new Set(manifests.map(({ origin }) => origin)).size, 1);
      assert.deepEqual(
        manifests.map(({ batch }) => batch),
        manifests.map((_, i) => i),
      );
      assert.equal(manifests.flatMap(({ gaps }) => gaps).length, 0);
      const runs = Object.entries(Object.groupBy(manifests, ({ agent }) => agent.version));
      assert.deepEqual(
        runs.map(([version]) => version),
        Object.values(versions),
      );
      return `${manifests[0]!.origin}: ${runs.map(([version, all]) => `${all!.length} batches by ${version}`).join(', ')}`;
    },
  );
  await report.claim('auditseal verify with the trust file: verified', async () => {
    const parameters = [
      '--url',
      elasticsearchUrl,
      '--namespace',
      stream,
      '--trust',
      trustFile(settings.work),
      '--json',
    ];
    const { code, stdout, stderr } = await auditseal(['verify', ...parameters]);
    assert.equal(code, 0, [...stdout, stderr].join('\n'));
    const summary = z.looseObject({ verdict: z.string(), events: z.int(), trusted: z.literal(true) });
    const { verdict, events } = summary.parse(JSON.parse(stdout.at(-1)!));
    return `${verdict}, ${events} events`;
  });
}
