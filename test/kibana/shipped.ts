import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { bulk, createClient, verdictStream } from '../../agent/ship/index.ts';
import { countEvents, startAgent, temporaryFolder, until, writeConfig } from '../agent/index.ts';
import { gzipBody } from '../ship/body.ts';
import type { Verdict } from './expected-records.ts';
import { items, logFiles } from './items.ts';
import { entryBytesMax } from './own-lines.ts';

/**
 * Ships what `items()` tells of into the streams of `namespace` with the agent as it is run in production. Files that were copied
 * prove nothing about what followed what, so there are gaps between them.
 */
export async function shipItems(url: string, namespace: string): Promise<void> {
  await using place = await temporaryFolder();
  const logs = join(place.path, 'logs');
  await mkdir(logs);
  // However busy the machine is: what is not delivered by then would not be there to be counted.
  const more = { entryBytesMax, shutdownSeconds: 200 };
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace, more });
  const files = await logFiles();
  for (const [name, text] of files) await writeFile(join(logs, name), text);
  const lines = [...files.values()].reduce((sum, text) => sum + text.split('\n').length - 1, 0);
  await using agent = await startAgent({ config });
  const read = 'auditseal_read_lines_total{source="kube-apiserver"}';
  await until(
    async () => (await agent.metrics()).get(read) === lines,
    () => `not all of ${lines} lines were read: ${agent.tail()}`,
  );
  expect(await agent.stop(210_000)).toBe(0);
  expect(await countEvents(url, namespace)).toBe((await items()).length);
}

export const verdicts: readonly Verdict[] = [
  { at: '2026-11-23T01:00:10.000Z', verdict: 'verified', findings: 0 },
  { at: '2026-11-23T01:02:10.000Z', verdict: 'verified', findings: 0 },
  { at: '2026-11-23T01:04:10.000Z', verdict: 'tampered', findings: 3 },
];

/** Documents as `auditseal verify` writes them, as far as the dashboards look; the templates are there. */
export async function createVerdicts(url: string, namespace: string): Promise<void> {
  const client = await createClient({ urls: [url], requestSeconds: 120 });
  const documents = verdicts.map(({ at, verdict, findings }, i) => ({
    id: `verdict-${i}`,
    source: JSON.stringify({
      '@timestamp': at,
      event: { id: `verdict-${i}` },
      auditseal: { verify: { v: 1, verdict, findings_total: findings } },
    }),
  }));
  const stream = verdictStream(namespace);
  const { items } = await bulk(client, { stream, gzipBody: gzipBody(documents), count: documents.length });
  await client.close();
  expect(items.map(({ status }) => status)).toEqual(documents.map(() => 201));
}
