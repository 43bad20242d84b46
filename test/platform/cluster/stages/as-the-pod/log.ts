import assert from 'node:assert/strict';
import { collect, manifestsOf, verify } from '../../../../kit/agent/index.ts';
import type { Multiset } from '../../../../kit/agent/index.ts';
import { auditFiles, auditLines } from '../../audit-files.ts';
import type { Cluster } from '../../cluster.ts';
import { elasticsearchUrl } from '../../host.ts';
import { secretText } from '../../people.ts';
import { stream } from './place.ts';

/** The lines on the disk, the events in Elasticsearch and the manifests, held against each other. */
export async function checkLog({ report, plane }: Cluster): Promise<void> {
  const lines = auditLines(plane.auditLog);
  await report.claim(
    'what is in secrets and configmaps is nowhere in the audit log, whoever wrote or read it',
    () => {
      assert.ok(lines.some((line) => line.includes('"resource":"secrets","namespace":"payments"')));
      const encoded = Buffer.from(secretText).toString('base64');
      assert.equal(lines.filter((line) => line.includes(secretText) || line.includes(encoded)).length, 0);
      return `${lines.length} lines`;
    },
  );
  await report.claim(
    'every line that was read is kept or dropped by a rule that the signed manifests count',
    async () => {
      const manifests = await manifestsOf(elasticsearchUrl, stream);
      const sum = (of: (manifest: (typeof manifests)[number]) => number) =>
        manifests.reduce((total, manifest) => total + of(manifest), 0);
      const read = sum(({ read: count }) => count);
      const dropped = new Map<string, number>();
      for (const manifest of manifests)
        for (const [rule, count] of Object.entries(manifest.dropped))
          dropped.set(rule, (dropped.get(rule) ?? 0) + count);
      const kept = await collect(elasticsearchUrl, stream);
      const documents = sumOf(kept);
      assert.equal(
        sum(({ gaps }) => gaps.length),
        0,
      );
      assert.equal(documents + sumOf(dropped), read + sum(({ pieces }) => pieces));
      isPartOf(kept, lines.slice(0, read));
      return `${read} lines of ${auditFiles(plane.auditLog).length} files: ${documents} kept, ${[...dropped].map(([rule, count]) => `${count} dropped by ${rule}`).join(', ')}`;
    },
  );
  await report.claim('auditseal verify: verified', async () => {
    const { exitCode, lines: said, errorText } = await verify(elasticsearchUrl, stream);
    assert.equal(exitCode, 0, [...said, errorText].join('\n'));
    return said.at(-1)!;
  });
}

function sumOf(counts: Map<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** Each line was written, as often at least. */
function isPartOf(kept: Multiset, lines: readonly string[]): void {
  const written = new Map<string, number>();
  for (const line of lines) written.set(line, (written.get(line) ?? 0) + 1);
  for (const [line, count] of kept)
    assert.ok(
      (written.get(line) ?? 0) >= count,
      `not in the first ${lines.length} lines of the log: ${line}`,
    );
}
