import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { buildIndependent, Independent } from './independent.ts';
import { judgeDump } from './judge.ts';
import type { Judgement } from './judge.ts';
import { entryOf } from './listing.ts';
import { allVectors, writeVectors } from './make.ts';
import { goldenVectors, statementsFolder, vectorsFolder } from './vectors.ts';

const binary = await buildIndependent();

/** What both verifiers say of the vectors: the gap that the log itself owns up to, and nothing else. */
const gap: Judgement = {
  findings: [
    JSON.stringify({ finding: 'gap', origin: 'prod/cp-1/kube-apiserver/20261123T004438Z', batch: 1 }),
  ],
  exit: 3,
};

/** And of the ones with statements: the gap is acknowledged, and the log is retired. */
const excused: Judgement = {
  findings: [
    {
      finding: 'ends early',
      origin: 'prod/cp-1/kube-apiserver/20261223T004438Z',
      batch: 1,
      excuse: 'retired',
    },
    {
      finding: 'gap',
      origin: 'prod/cp-1/kube-apiserver/20261123T004438Z',
      batch: 1,
      excuse: 'acknowledged',
    },
  ].map((each) => JSON.stringify(each)),
  exit: 0,
};

describe('the golden vectors', () => {
  test.each(allVectors)('in %s are what the agent’s code makes, byte for byte; else run test/golden/make.ts and say why', async (vectors, make) => {
    const folder = await mkdtemp(join(tmpdir(), 'golden-'));
    try {
      await writeVectors(folder, await make());
      const names = (await readdir(vectors)).toSorted();
      expect((await readdir(folder)).toSorted()).toEqual(names);
      for (const name of names) {
        const [made, kept] = await Promise.all(
          [folder, vectors].map(async (from) => unpacked(await readFile(join(from, name), 'latin1'))),
        );
        expect(made, name).toBe(kept);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('hold what the format has', async () => {
    const { written } = await goldenVectors();
    const manifests = written.records.flatMap(({ source }) => {
      const { auditseal } = JSON.parse(source.toString()) as { auditseal: { manifest?: string } };
      return auditseal.manifest === undefined ? [] : [auditseal.manifest];
    });
    expect(manifests).toHaveLength(6);
    const has = (what: RegExp) => manifests.filter((manifest) => what.test(manifest)).length;
    expect(has(/"count":0,/u)).toBe(1);
    expect(has(/"gaps":\[\{"reason":"unproven","before"/u)).toBe(1);
    expect(has(/"kind":"refused".*"kind":"refused"/u)).toBe(1);
    expect(has(/"kind":"next"/u)).toBe(1);
    expect(has(/"reason":"age","previous":"prod/u)).toBe(1);
    expect(has(/"dropped":\{"rule-3":1\}/u)).toBe(1);
    expect(has(/"malformed":1/u)).toBe(1);
    expect(has(/"ended":true/u)).toBe(1);
    expect(has(/"after":"/u)).toBe(1);
    const ids = written.records.map(({ id }) => id);
    expect(ids.filter((id) => /-s1-[0-9a-f]{16}$/u.test(id))).toHaveLength(1);
    expect(ids.filter((id) => /-r\d{12}-[0-9a-f]{16}$/u.test(id))).toHaveLength(2);
    expect(written.events.filter(({ source }) => entryOf(source) !== source)).toHaveLength(2);
  });

  test('have no finding but their gap', async () => {
    expect(await judgeDump(vectorsFolder)).toEqual(gap);
  });

  test('with statements have nothing that is not excused', async () => {
    expect(await judgeDump(statementsFolder)).toEqual(excused);
  });

  test.skipIf(binary === undefined)('have none to the independent verifier either', async () => {
    await using independent = new Independent(binary!);
    expect(await independent.judge(vectorsFolder)).toEqual(gap);
    expect(await independent.judge(statementsFolder)).toEqual(excused);
  });
});

/** How zlib packs differs from machine to machine, and the format compares what is packed. */
function unpacked(text: string): string {
  return text.replaceAll(/(?<="auditseal\.refused":")[^"]*/gu, (packed) =>
    gunzipSync(Buffer.from(packed, 'base64')).toString('latin1'),
  );
}
