import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../../agent/observe/index.ts';
import { bulk } from '../../../agent/elasticsearch/bulk.ts';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import { eventStream, installTemplates } from '../../../agent/streams/index.ts';
import { Lookup } from '../../../agent/ship/index.ts';
import { backingIndices, randomNamespace, rollover } from '../../kit/elasticsearch/index.ts';

/** A lookup with a key file of its own, for the running test. */
export async function openLookup(url: string) {
  const folder = await mkdtemp(join(tmpdir(), 'auditseal-lookup-'));
  const lookupApiKeyFile = join(folder, 'key');
  await writeFile(lookupApiKeyFile, 'a2V5\n');
  let failures = 0;
  const lookup = (await Lookup.open(
    { urls: [url], requestSeconds: 60, username: 'u', passwordFile: '/nowhere', lookupApiKeyFile },
    { logger: createLogger('fatal'), onFailure: () => (failures += 1) },
  ))!;
  onTestFinished(async () => {
    await lookup.close();
    await rm(folder, { recursive: true });
  });
  return { lookup, lookupApiKeyFile, failures: () => failures };
}

/** What a lookup finds in a real Elasticsearch. */
export function definesFinding(urlOf: () => string): void {
  test('documents are found at once, before any refresh, in every backing index from the one seen before on', async () => {
    const url = urlOf();
    const namespace = randomNamespace();
    const stream = eventStream(namespace);
    const client = await createClient({ urls: [url], requestSeconds: 60 });
    onTestFinished(() => client.close());
    await installTemplates(client, { namespace, retentionDays: 400 });
    const create = (...ids: string[]) =>
      bulk(client, { stream, gzipBody: gzipSync(ids.map(lineOf).join('')), count: ids.length });
    const { lookup } = await openLookup(url);
    const { signal } = new AbortController();
    const find = async (since: string | undefined) =>
      (await lookup.find({ stream, ids: ['1', '2', '3', '4'], since: new Set([since]), signal }))!;
    expect(await find(undefined)).toEqual(new Map());
    await create('1', '2');
    await rollover(url, stream);
    await create('2', '3');
    const [first = '', second = ''] = await backingIndices(url, stream);
    const everywhere = new Map([
      ['1', [first]],
      ['2', [first, second]],
      ['3', [second]],
    ]);
    expect(await find(first)).toEqual(everywhere);
    expect([...(await find(second)).keys()].toSorted()).toEqual(['2', '3']);
    for (const unknown of [undefined, '.ds-deleted-by-retention-000001'])
      expect(await find(unknown)).toEqual(everywhere);
  });
}

function lineOf(id: string): string {
  return `{"create":{"_id":"${id}"}}\n{"@timestamp":"2026-11-23T00:44:38.000Z"}\n`;
}
