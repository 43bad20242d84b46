import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import type { Manifest } from '../../../agent/seal/index.ts';
import { countEvents, manifestsOf, refusedEvent, startAgent, temporaryFolder, until, writeConfig, Writer } from '../../kit/agent/index.ts';
import { randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { goldenVectors } from './vectors.ts';

interface Schema {
  properties: Record<string, unknown>;
  $defs: Record<string, { properties: Record<string, unknown> }>;
}

const text = await readFile(join(import.meta.dirname, '../../../docs/manifest.schema.json'), 'utf8');
const schema = JSON.parse(text) as Schema;
const fits = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);

describe('the schema of the manifest', () => {
  test('fits every manifest of the golden vectors', async () => {
    const manifests = await goldenManifests();
    expect(manifests).toHaveLength(6);
    for (const manifest of manifests) expectToFit(manifest);
  });

  test('fits every manifest of a real agent', async () => {
    const url = inject('elasticsearchUrl');
    const namespace = randomNamespace();
    await using place = await temporaryFolder();
    const writer = await Writer.make(place.path);
    const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace });
    for (let start = 0; start < 2; start += 1) {
      await using agent = await startAgent({ config });
      await writer.lines(3);
      await writer.line(refusedEvent(`refused-${start}`));
      await writer.line(`no event ${start}`);
      writer.rotate();
      await writer.lines(2);
      await until(
        async () => (await countEvents(url, namespace)) === writer.count,
        () => agent.tail(),
      );
      expect(await agent.stop()).toBe(0);
    }
    const manifests = await manifestsOf(url, namespace);
    for (const manifest of manifests) expectToFit(manifest);
    const kinds = new Set(manifests.flatMap(({ notices }) => notices.map(({ kind }) => kind)));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['start', 'stop', 'epoch', 'policy', 'config', 'refused']),
    );
    expect(manifests.some(({ sources }) => sources.some(({ ended }) => ended))).toBe(true);
    await removeNamespace(url, namespace);
  });

  test('fits no manifest that lacks a member, has another one or one of another type', async () => {
    const [manifest] = await goldenManifests();
    const optional = new Set(['earliest', 'latest']);
    for (const name of Object.keys(manifest!)) {
      const { [name]: value, ...rest } = manifest as unknown as Record<string, unknown>;
      expect(fits.safeParse(rest).success, `without ${name}`).toBe(optional.has(name));
      const other = typeof value === 'string' ? 1 : 'x';
      expect(fits.safeParse({ ...rest, [name]: other }).success, `${name} of another type`).toBe(false);
    }
    expect(fits.safeParse({ ...manifest, more: 1 }).success).toBe(false);
    expect(fits.safeParse({ ...manifest, notices: [{ kind: 'next', at: manifest!.sealedAt }] }).success).toBe(
      false,
    );
    expect(fits.safeParse({ ...manifest, batch: -1 }).success).toBe(false);
    expect(fits.safeParse({ ...manifest, batch: 0.5 }).success).toBe(false);
  });
});

async function goldenManifests(): Promise<Manifest[]> {
  const { written } = await goldenVectors();
  return written.records.flatMap(({ source }) => {
    const { auditseal } = JSON.parse(source.toString()) as { auditseal: { manifest?: string } };
    return auditseal.manifest === undefined ? [] : [JSON.parse(auditseal.manifest) as Manifest];
  });
}

/** The members, their types, their order, and that times are there where events are. */
function expectToFit(manifest: Manifest): void {
  expect(fits.safeParse(manifest), JSON.stringify(manifest)).toMatchObject({ success: true });
  expectOrder(manifest, schema.properties);
  for (const stretch of manifest.sources) expectOrder(stretch, schema.$defs['stretch']!.properties);
  for (const gap of manifest.gaps) expectOrder(gap, schema.$defs['gap']!.properties);
  expect([manifest.earliest === undefined, manifest.latest === undefined]).toEqual(
    manifest.count === 0 ? [true, true] : [false, false],
  );
}

function expectOrder(value: object, properties: Record<string, unknown>): void {
  const members = Object.keys(value);
  expect(members).toEqual(Object.keys(properties).filter((name) => members.includes(name)));
}
