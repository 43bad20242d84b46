import assert from 'node:assert/strict';
import { verdictStream } from '../../../../../agent/streams/index.ts';
import { allDocuments, refresh } from '../../../../kit/elasticsearch/index.ts';
import type { Cluster } from '../../cluster.ts';
import { namespace, release } from '../../helm.ts';
import { elasticsearchUrl } from '../../host.ts';
import { stream } from './place.ts';

export async function helmTest({ report, helm }: Cluster): Promise<void> {
  await report.claim("helm test: the chart's own test pod verifies the last hour", async () => {
    const said = await helm.demand('test', release, '--logs', '--timeout', '3m');
    assert.match(said, /Phase:\s+Succeeded/u);
    return /^verdict: .*$/mu.exec(said)?.[0] ?? said;
  });
}

/** Of the job that the last command of NOTES.txt made of a CronJob. */
export async function checkVerdict({ report, plane }: Cluster): Promise<void> {
  await report.claim(
    'the job that a CronJob made ended well, with the trust file, and wrote its verdict',
    async () => {
      const done = ['wait', '--for=condition=complete', 'job/verify-now', '-n', namespace, '--timeout=60s'];
      await plane.admin.demand(...done);
      await refresh(elasticsearchUrl, verdictStream(stream));
      const verdicts: string[] = [];
      for await (const { source } of allDocuments(elasticsearchUrl, verdictStream(stream)))
        verdicts.push(source.toString());
      assert.equal(verdicts.length, 1);
      assert.match(verdicts[0]!, /"verdict":"verified"/u);
      return verdicts[0]!.slice(0, 200);
    },
  );
}
