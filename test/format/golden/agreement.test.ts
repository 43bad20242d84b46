import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeDump } from '../../kit/seal/dump.ts';
import { corners } from './corners.ts';
import { generatedScene } from './generated.ts';
import { buildIndependent, Independent } from './independent.ts';
import { judgeDump } from './judge.ts';
import type { Judgement } from './judge.ts';
import { cloneOf, mutate } from './mutations.ts';
import type { Done } from './mutate-parts.ts';
import { Random } from './random.ts';
import { isSealBroken } from './soundness.ts';
import { goldenStatements, goldenVectors } from './vectors.ts';
import type { Scene } from './vectors.ts';

const seed = Number(process.env['AGREEMENT_SEED'] ?? 20261123);
const mutations = Number(process.env['AGREEMENT_MUTATIONS'] ?? 1000);
const atOnce = 20;

const binary = await buildIndependent();

/** One mutated dump and what came of it. */
interface Outcome {
  number: number;
  done: Done;
  broken: boolean;
  ours: Judgement;
  theirs: Judgement;
}

describe.skipIf(binary === undefined)('two verifiers that share nothing but the format', () => {
  let folder: string;
  let independent: Independent;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agreement-'));
    independent = new Independent(binary!);
  });

  afterAll(async () => {
    await independent[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const judge = async (scene: Scene, name: string): Promise<[Judgement, Judgement]> => {
    const dump = join(folder, name);
    const { now, trust } = scene;
    await writeDump(dump, scene.written, { now, ...(trust && { trust }), hitsPerPage: 25 });
    const judged = await Promise.all([judgeDump(dump), independent.judge(dump)]);
    await rm(dump, { recursive: true });
    return judged;
  };

  test('agree on what was not touched', async () => {
    // Without a trust file no statement counts, and what was taken away by one is missing.
    for (const { trust, ...scene } of [await goldenVectors(), generatedScene(), await goldenStatements()])
      for (const whose of trust.erasers.length > 0 ? [{ ...scene, trust }] : [{ ...scene, trust }, scene]) {
        const [ours, theirs] = await judge(whose, 'untouched');
        expect(ours).toEqual(theirs);
        expect(ours.findings.filter((finding) => !isOwn(finding))).toEqual([]);
      }
  });

  test('agree at the edges of the rules', { timeout: 600_000 }, async () => {
    const found = corners([await goldenVectors(), generatedScene()], seed);
    const outcomes: object[] = [];
    for (let at = 0; at < found.length; at += atOnce)
      await Promise.all(
        found.slice(at, at + atOnce).map(async ({ name, scene }, i) => {
          const [ours, theirs] = await judge(scene, `c${at + i}`);
          if (JSON.stringify(ours) !== JSON.stringify(theirs))
            outcomes.push({
              name,
              exits: [ours.exit, theirs.exit],
              onlyOurs: only(ours, theirs),
              onlyTheirs: only(theirs, ours),
            });
        }),
      );
    console.log(`agreement: ${found.length} dumps at the edges of the rules`);
    expect(outcomes).toEqual([]);
  });

  test(
    `agree on ${mutations} mutations, and pass over none of what was sealed`,
    { timeout: 3_600_000 },
    async () => {
      console.log(`agreement: seed ${seed}; another one with AGREEMENT_SEED, more with AGREEMENT_MUTATIONS`);
      const scenes = [await goldenVectors(), generatedScene(), await goldenStatements()];
      const random = new Random(seed);
      const outcomes: Outcome[] = [];
      while (outcomes.length < mutations) {
        const batch = Array.from({ length: Math.min(atOnce, mutations - outcomes.length) }, (_, i) => {
          const { trust, ...rest } = random.pick(scenes);
          const before: Scene = random.chance(60) ? { ...rest, trust } : rest;
          const after = cloneOf(before);
          const done = mutate(after, random);
          return { number: outcomes.length + i, before, after, done };
        });
        outcomes.push(
          ...(await Promise.all(
            batch.map(async ({ number, before, after, done }) => {
              const [ours, theirs] = await judge(after, `m${number}`);
              return { number, done, broken: isSealBroken(before, after), ours, theirs };
            }),
          )),
        );
      }
      report(outcomes);
      expect(outcomes.filter(disagrees).map(describeOutcome)).toEqual([]);
      expect(outcomes.filter(passesOver).map(describeOutcome)).toEqual([]);
      const rehashed = outcomes.filter(({ done }) => done.rehashed === true).length;
      expect(rehashed / mutations).toBeGreaterThan(0.3);
    },
  );
});

function disagrees({ ours, theirs }: Outcome): boolean {
  return JSON.stringify(ours) !== JSON.stringify(theirs);
}

/** Nothing is said but what is true of the untouched vectors too: that they own up to a gap, and have ended. */
function passesOver({ ours, broken, done }: Outcome): boolean {
  return broken && done.excused !== true && ours.exit !== 2 && ours.findings.every(isOwn);
}

function isOwn(finding: string): boolean {
  return finding.includes('"finding":"gap"') || finding.includes('"finding":"ends early"');
}

function only(a: Judgement, b: Judgement): string[] {
  return a.findings.filter((finding) => !b.findings.includes(finding));
}

function describeOutcome({ number, done, ours, theirs }: Outcome): object {
  return {
    number,
    ...done,
    exits: [ours.exit, theirs.exit],
    onlyOurs: only(ours, theirs),
    onlyTheirs: only(theirs, ours),
    both: ours.findings.filter((finding) => theirs.findings.includes(finding)),
  };
}

/** How many of the dumps have each finding. */
function namesOf(outcomes: readonly Outcome[]): string[] {
  const names = outcomes.flatMap(({ ours }) => [
    ...new Set(ours.findings.map((finding) => (JSON.parse(finding) as { finding: string }).finding)),
  ]);
  return [...Map.groupBy(names, (name) => name)].map(([name, list]) => `${name}: ${list.length}`).toSorted();
}

function report(outcomes: readonly Outcome[]): void {
  const count = (of: (outcome: Outcome) => string) =>
    [...Map.groupBy(outcomes, of)].map(([key, list]) => `${key}: ${list.length}`).toSorted();
  const rehashed = outcomes.filter(({ done }) => done.rehashed === true).length;
  const broken = outcomes.filter((each) => each.broken && each.done.excused !== true).length;
  console.log(
    [
      `agreement: ${outcomes.length} mutations, ${rehashed} hashed anew, ${broken} of what was sealed`,
      `exit codes ${count(({ ours }) => String(ours.exit)).join(', ')}`,
      count(({ done }) => done.kind.split(':')[0]!).join(', '),
      `findings ${namesOf(outcomes).join(', ')}`,
    ].join('\n'),
  );
}
