import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, inject, test } from 'vitest';
import { recordStream } from '../../../agent/streams/index.ts';
import { defaultPolicyFile } from '../../../agent/policy/index.ts';
import { allDocuments, randomNamespace, refresh, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { addTo, collect, difference } from '../../kit/agent/collect.ts';
import type { Multiset } from '../../kit/agent/collect.ts';
import { removeManagedFields } from '../../kit/managed-fields.ts';
import { startAgent, temporaryFolder, until, writeConfig } from '../../kit/agent/index.ts';

const fixtures = join(import.meta.dirname, '../../kit/fixtures');
const url = inject('elasticsearchUrl');

/** What a real kube-apiserver wrote, in the order of the rotation. */
async function linesOf(folder: string): Promise<string[]> {
  const lines: string[] = [];
  for (const name of (await readdir(join(fixtures, folder))).toSorted()) {
    const bytes = await readFile(join(fixtures, folder, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
    lines.push(...text.split('\n').slice(0, -1));
  }
  return lines;
}

async function manifestsOf(
  namespace: string,
): Promise<
  { read: number; count: number; dropped: Record<string, number>; reduced: Record<string, number> }[]
> {
  const stream = recordStream(namespace);
  await refresh(url, stream);
  const manifests = [];
  for await (const { id, source } of allDocuments(url, stream)) {
    if (!/-b\d{8}-/u.test(id)) continue;
    const record = JSON.parse(source.toString()) as { auditseal: { manifest: string } };
    manifests.push(JSON.parse(record.auditseal.manifest) as Awaited<ReturnType<typeof manifestsOf>>[number]);
  }
  return manifests;
}

/** Runs the agent on a copy of a recorded folder until it has sealed all its lines, and stops it. */
async function shipCopy(folder: string, policyFile: string | undefined, lines: number): Promise<string> {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const logs = join(place.path, 'logs');
  await mkdir(logs);
  for (const name of await readdir(join(fixtures, folder)))
    await copyFile(join(fixtures, folder, name), join(logs, name));
  const config = await writeConfig(place.path, {
    elasticsearchUrl: url,
    namespace,
    ...(policyFile && { more: { policyFile } }),
  });
  await using agent = await startAgent({ config });
  const read = async () =>
    (await agent.metrics()).get('auditseal_read_lines_total{source="kube-apiserver"}') === lines;
  await until(read, () => `not all of ${lines} lines were read: ${agent.tail()}`);
  expect(await agent.stop()).toBe(0);
  return namespace;
}

for (const folder of ['rotating', 'rotating-gz']) {
  test(`every line of the recorded folder ${folder} is in Elasticsearch, byte for byte, under a policy that keeps everything`, async () => {
    const lines = await linesOf(folder);
    const namespace = await shipCopy(folder, undefined, lines.length);
    const written: Multiset = new Map();
    for (const line of lines) addTo(written, line);
    expect(difference(written, await collect(url, namespace))).toEqual([]);
    await removeNamespace(url, namespace);
  });

  test(`every line of the recorded folder ${folder} is dropped by a named rule, reduced or whole under the default policy`, async () => {
    const lines = await linesOf(folder);
    const namespace = await shipCopy(folder, defaultPolicyFile, lines.length);
    const whole = new Set(lines);
    const reducible = new Map(lines.map((line) => [keyOf(line), line]));
    const found = await collect(url, namespace);
    const reduced = { byRule: 0, slim: 0 };
    for (const line of found.keys()) {
      if (whole.has(line)) continue;
      const { isReduced, isSlim } = whatWasCut(reducible.get(keyOf(line))!, line);
      if (isReduced) reduced.byRule += 1;
      if (isSlim) reduced.slim += 1;
    }
    const manifests = await manifestsOf(namespace);
    const sum = (counts: (manifest: (typeof manifests)[number]) => Record<string, number>) =>
      manifests.flatMap((manifest) => Object.values(counts(manifest))).reduce((a, b) => a + b, 0);
    const kept = [...found.values()].reduce((a, b) => a + b, 0);
    expect(manifests.reduce((total, { read }) => total + read, 0)).toBe(lines.length);
    expect(kept + sum(({ dropped }) => dropped)).toBe(lines.length);
    const slim = sum(({ reduced: counts }) => ({ slim: counts['managed-fields'] ?? 0 }));
    expect(slim).toBe(reduced.slim);
    expect(sum(({ reduced: counts }) => counts)).toBe(reduced.byRule + slim);
    expect(Math.min(reduced.byRule, reduced.slim)).toBeGreaterThan(0);
    await removeNamespace(url, namespace);
  });
}

/** auditID and stage tell an event from all others of the recording. */
function keyOf(line: string): string {
  const { auditID, stage } = JSON.parse(line) as { auditID: string; stage: string };
  return `${auditID} ${stage}`;
}

/** A line may have lost the response's body, or both, and managed fields; all else is as it was. */
function whatWasCut(line: string, left: string): { isReduced: boolean; isSlim: boolean } {
  const event = JSON.parse(line) as Record<string, unknown>;
  const shown = JSON.parse(left) as Record<string, unknown>;
  const cut = ['requestObject', 'responseObject'].filter((body) => body in event && !(body in shown));
  for (const body of cut) delete event[body];
  const isSlim = removeManagedFields(event);
  expect(shown).toEqual(event);
  expect(isSlim || cut.length > 0).toBe(true);
  return { isReduced: cut.length > 0, isSlim };
}
