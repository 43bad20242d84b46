import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { builtInRules } from '../../../agent/detect/index.ts';
import { verdictStream } from '../../../agent/streams/index.ts';
import {
  countEvents,
  startAgent,
  temporaryFolder,
  until,
  verify,
  writeConfig,
} from '../../kit/agent/index.ts';
import { allDocuments, createDocument, refresh } from '../../kit/elasticsearch/index.ts';
import { policy } from './dropped-lines.ts';
import { kinds } from './expected-records.ts';
import type { Verdict } from './expected-records.ts';
import { items, logFiles } from './items.ts';
import { entryBytesMax, ownRules } from './own-lines.ts';

/**
 * Ships what `items()` tells of into the streams of `namespace` with the agent as it is run in production. Files that were copied
 * prove nothing about what followed what, so there are gaps between them.
 */
export async function shipItems(url: string, namespace: string): Promise<void> {
  await using place = await temporaryFolder();
  const logs = join(place.path, 'logs');
  await mkdir(logs);
  // However busy the machine is: what is not delivered by then would not be there to be counted.
  const policyFile = join(place.path, 'dropping.yaml');
  await writeFile(policyFile, policy);
  const rulesFile = join(place.path, 'rules.json');
  await writeFile(rulesFile, JSON.stringify({ rules: ownRules }));
  // The built-in rules would keep more than the policy does, which `items()` go by.
  const detection = { rulesFile, off: builtInRules().map(({ text: { id } }) => id) };
  const more = { entryBytesMax, shutdownSeconds: 200, policyFile, detection };
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

const none = Object.fromEntries(kinds.map((kind) => [kind, 0]));

/** An earlier verdict, as `auditseal verify` writes them, as far as the dashboards look. */
const tampered = {
  '@timestamp': '2026-11-23T01:00:10.000Z',
  event: { id: 'earlier' },
  auditseal: {
    verify: { v: 1, verdict: 'tampered', findings_total: 3, findings: { ...none, changed: 2, missing: 1 } },
  },
};

const stored = z.object({
  '@timestamp': z.string(),
  auditseal: z.object({
    verify: z.object({
      verdict: z.string(),
      findings_total: z.int().optional(),
      findings: z.record(z.string(), z.int()).optional(),
    }),
  }),
});

/** Lets the real `auditseal verify` write a verdict beside an earlier one. Returns what the documents themselves say. */
export async function createVerdicts(url: string, namespace: string): Promise<Verdict[]> {
  await using place = await temporaryFolder();
  const key = join(place.path, 'key');
  await writeFile(key, 'this-server-asks-for-none');
  const stream = verdictStream(namespace);
  await createDocument(url, stream, 'earlier', Buffer.from(JSON.stringify(tampered)));
  const verified = await verify(url, namespace, ['--verdict-api-key-file', key]);
  expect(verified, verified.errorText).toMatchObject({ exitCode: 3 });
  await refresh(url, stream);
  const found: Verdict[] = [];
  for await (const { source } of allDocuments(url, stream)) {
    const { '@timestamp': at, auditseal } = stored.parse(JSON.parse(source.toString()));
    const { verdict, findings_total: total, findings } = auditseal.verify;
    found.push({ at, verdict, findings: total === undefined ? undefined : { ...findings, total } });
  }
  expect(found).toHaveLength(2);
  return found;
}
