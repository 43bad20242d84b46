import { describe, expect, test } from 'vitest';
import { logName } from '../../../../agent/seal/index.ts';
import type { Statement } from '../../../../agent/seal/index.ts';
import type { TrustFile } from '../../../../agent/trust/index.ts';
import { notProvenComplete } from '../../../../agent/verify/index.ts';
import type { Finding, StoredDocument } from '../../../../agent/verify/index.ts';
import { generatedScene } from '../../../format/golden/generated.ts';
import { cloneOf, mutate } from '../../../format/golden/mutations.ts';
import { Random } from '../../../format/golden/random.ts';
import { randomStatements } from '../../../format/golden/random-statements.ts';
import { words } from '../../../kit/seal/honest.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import type { Written } from '../../../kit/seal/log.ts';
import { operatorKey, signedText, statementDocument } from '../../../kit/seal/operator.ts';
import {
  first,
  firstLast,
  ownFindings,
  second,
  secondLast,
  statementScene,
} from '../../../kit/seal/statement-scene.ts';
import { verify } from '../../../kit/seal/streams.ts';

const at = '2026-11-23T01:00:00.000Z';
const why = 'ticket 4711';
const gaps: Statement = { kind: 'acknowledge', log: first, batches: { first: 1, last: 3 }, at, why };
const epoch: Statement = { kind: 'acknowledge', log: second, after: first, last: firstLast, at, why };
const retired: Statement = { kind: 'retire', log: second, last: secondLast, at, why };
const later = (time: string, milliseconds: number) => new Date(Date.parse(time) + milliseconds).toISOString();

const left = (findings: readonly Finding[]) => words(findings.filter(({ excuse }) => !excuse)).toSorted();
const excused = (findings: readonly Finding[]) => words(findings.filter(({ excuse }) => excuse)).toSorted();

const line = (members: string) => `auditseal statement v1\n${members}\n`;

/** Of the scene’s findings, in the order that they are compared in. */
const own = (...places: number[]) => places.map((i) => ownFindings[i]!).toSorted();

/** What is left of the scene's findings beside these statements. */
async function judged(
  statements: readonly Statement[],
  change: (scene: ReturnType<typeof statementScene>) => void = () => undefined,
) {
  const scene = statementScene();
  scene.written.records.push(...statements.map((each) => statementDocument(each)));
  change(scene);
  const { written, now, trust } = scene;
  const { findings, summary } = await verify(written, { now, trust });
  return { left: left(findings), excused: excused(findings), findings, summary };
}

describe('statements of an operator whom the trust file lists', () => {
  test('excuse what they name, which is reported with who, when and why, and the log verifies', async () => {
    const before = await judged([]);
    expect(before.left).toEqual(ownFindings.toSorted());
    expect(before.summary.exitCode).toBe(3);
    const { findings, summary, ...sorted } = await judged([gaps, epoch, retired]);
    expect(sorted).toEqual({ left: [], excused: ownFindings.toSorted() });
    expect(summary).toMatchObject({
      verdict: 'verified',
      exitCode: 0,
      findings: {},
      excused: { acknowledged: 4, retired: 1 },
    });
    expect(summary.statements.counted.map(({ statement, excuses }) => [statement, excuses])).toEqual(
      expect.arrayContaining([
        [gaps, 3],
        [epoch, 1],
        [retired, 1],
      ]),
    );
    expect(findings.find(({ finding }) => finding === 'ends early')?.excuse).toMatchObject({
      by: 'retired',
      operator: 'operator@example.com',
      at,
      why,
    });
  });

  test('excuse no batch that they do not reach', async () => {
    for (const [from, to, kept] of [
      [2, 2, [0, 2]],
      [0, 0, [0, 1, 2]],
      [2, 9, [0]],
      [1, 1, [1, 2]],
    ] as const) {
      const some = await judged([{ ...gaps, batches: { first: from, last: to } }, epoch, retired]);
      expect(some.left).toEqual(own(...kept));
      expect(some.summary.exitCode).toBe(3);
    }
  });

  test('of another log excuse nothing', async () => {
    const { left: all, summary } = await judged([
      { ...gaps, log: second },
      { ...epoch, log: `${logName(second)}/20261123T034438Z` },
      { ...epoch, after: `${logName(second)}/20261123T014438Z` },
      { ...retired, log: first },
      { ...retired, log: second.replace('cp-1', 'cp-2') },
    ]);
    expect(all).toEqual(ownFindings.toSorted());
    expect(summary.statements.counted.map(({ excuses }) => excuses)).toEqual([0, 0, 0, 0, 0]);
  });

  test('excuse nothing that was sealed more than five minutes after they were signed', async () => {
    const sealed = { gap: '2026-11-23T00:44:48.000Z', epoch: '2026-11-23T00:48:28.000Z' };
    const [ended, minutes] = ['2026-11-23T00:48:38.000Z', -300_000];
    const by = async (milliseconds: number) =>
      (
        await judged([
          { ...gaps, batches: { first: 1, last: 1 }, at: later(sealed.gap, minutes + milliseconds) },
          { ...epoch, at: later(sealed.epoch, minutes + milliseconds) },
          { ...retired, at: later(ended, minutes + milliseconds) },
        ])
      ).excused;
    expect(await by(0)).toHaveLength(3);
    expect(await by(-1)).toEqual([]);
  });

  test('do not count before their time', async () => {
    const scene = statementScene();
    const by = async (milliseconds: number) => {
      const future = later(scene.now.toISOString(), 300_000 + milliseconds);
      return await judged([gaps, epoch, retired].map((each) => ({ ...each, at: future })));
    };
    expect((await by(0)).left).toEqual([]);
    const { left: all, summary } = await by(1);
    expect(all).toEqual(ownFindings.toSorted());
    expect(summary.statements.counted[0]?.detail).toMatch(/in the future/u);
  });

  test('a retirement with a later record is said to be overtaken', async () => {
    const { left: all, summary } = await judged([{ ...retired, at: '2026-11-23T00:40:00.000Z' }]);
    expect(all).toContain(ownFindings[4]);
    expect(summary.statements.counted[0]?.detail).toMatch(/sealed at 2026-11-23T00:48:38\.000Z, after it/u);
  });

  test.each([
    ['less', -1],
    ['more', 1],
  ])('of an end excuse nothing where it is signed as one batch %s', async (_name, more) => {
    const { left: all, summary } = await judged([
      gaps,
      { ...epoch, last: firstLast + more },
      { ...retired, last: secondLast + more },
    ]);
    expect(all).toEqual(own(3, 4));
    expect(summary.statements.counted.flatMap(({ detail }) => detail ?? []).toSorted()).toEqual([
      `does not apply: the log ends at batch ${secondLast} now, and ${secondLast + more} was signed`,
      `does not apply: the log ends at batch ${firstLast} now, and ${firstLast + more} was signed`,
    ]);
  });

  test.each([
    ['the last batch of a log that was retired', second, [1], [4], /ends at batch 0 now, and 1 was signed$/u],
    ['the last batch before an unlinked epoch', first, [3], [3], /ends at batch 2 now, and 3 was signed$/u],
    ['the last two before an unlinked epoch', first, [2, 3], [3], /ends at batch 1 now, and 3 was signed$/u],
  ])('no longer excuse an end once somebody has deleted %s', async (_name, origin, batches, red, detail) => {
    const { left: all, summary } = await judged([gaps, epoch, retired], (scene) =>
      removeBatches(scene.written, origin, batches),
    );
    expect(all.map((word) => word.replace(/ \d+$/u, ''))).toEqual(
      own(...red).map((word) => word.replace(/ \d+$/u, '')),
    );
    expect(summary.exitCode).toBe(3);
    expect(summary.statements.counted.flatMap((each) => each.detail ?? [])).toEqual([
      expect.stringMatching(detail),
    ]);
  });

  test.each([
    ['before an unlinked one', first, [0, 1, 2, 3]],
    ['that is the last', second, [0, 1]],
  ])('do not cover the deletion of a whole epoch %s', async (_name, origin, batches) => {
    const { findings, summary } = await judged([gaps, epoch, retired], ({ written }) =>
      removeBatches(written, origin, batches),
    );
    expect(findings.filter(({ finding }) => finding === 'epoch missing').map((each) => each.origin)).toEqual([
      origin,
    ]);
    expect(summary.exitCode).toBe(1);
  });

  test('say where an end is to be signed: the finding names the epoch before and its last batch', async () => {
    const { findings, summary } = await judged([]);
    expect(findings.find(({ finding }) => finding === 'unlinked epoch')?.detail).toContain(
      `before it, ${first} ends with batch ${firstLast}`,
    );
    expect(summary.logs.map(({ newestBatch }) => newestBatch)).toEqual([firstLast, secondLast]);
  });

  test('of an epoch do not reach over another that has come to light in between', async () => {
    const { left: all, summary } = await judged([gaps, epoch, retired], addEpochBetween);
    expect(all).toContain(ownFindings[3]);
    expect(summary.statements.counted.flatMap(({ detail }) => detail ?? [])).toEqual([
      `does not apply: the epoch before it is ${logName(first)}/20261123T014438Z, and ${first} was signed`,
    ]);
  });

  test('an earlier statement that reaches is not undone by a later one that does not', async () => {
    const { left: all } = await judged([
      gaps,
      { ...gaps, at: later(at, 1000), batches: { first: 0, last: 0 } },
    ]);
    expect(all).toEqual(own(3, 4));
  });

  test('do not excuse an epoch that no trusted key speaks for, whose records nobody has checked', async () => {
    const { left: all, summary } = await judged([gaps, epoch, retired], ({ trust }) => trust.logs.pop());
    expect(all).toEqual([
      `ends early 20261123T004438Z ${firstLast}`,
      'unlinked epoch 20261123T024438Z',
      'unproven 20261123T024438Z',
    ]);
    expect(summary.statements.counted.map(({ detail }) => detail)).toEqual(
      expect.arrayContaining([`does not apply: ${second} has no valid record`]),
    );
    expect(summary.exitCode).toBe(3);
  });

  test('do not excuse a log that is missing', async () => {
    const { summary } = await judged([retired], ({ written }) => {
      written.records = written.records.filter(({ id }) => /-o/u.test(id));
      written.events = [];
    });
    expect(summary).toMatchObject({ verdict: 'tampered', findings: { 'log missing': 1 } });
  });
});

/** As somebody would who may delete in Elasticsearch: the records and the events. */
function removeBatches(written: Written, origin: string, batches: readonly number[]): void {
  const isOf = ({ source }: StoredDocument) =>
    batches.some((batch) => source.includes(`"origin":"${origin}","batch":${batch},`));
  written.records = written.records.filter((each) => !isOf(each));
  written.events = written.events.filter((each) => !isOf(each));
}

function addEpochBetween({ written, trust }: ReturnType<typeof statementScene>): void {
  const writer = new LogWriter({ epoch: '20261123T014438Z', at: '2026-11-23T00:48:00.000Z' }, written);
  writer.batch();
  trust.logs.push({ ...writer.name, vkey: writer.vkey });
}

describe('what looks like a statement', () => {
  const key = operatorKey();
  const whole = `"log":"${first}","first":0,"last":9,"at":"${at}","why":"x"`;

  test.each([
    ['of another kind', line(`{"kind":"erase",${whole}}`)],
    ['of another version', `auditseal statement v2\n{"kind":"acknowledge",${whole}}\n`],
    ['with a member too many', line(`{"kind":"acknowledge",${whole},"until":"2027"}`)],
    ['with a member twice', line(`{"kind":"retire","kind":"acknowledge",${whole}}`)],
    ['with a space', line(`{"kind": "acknowledge",${whole}}`)],
    [
      'with an escape that is not needed',
      line(`{"kind":"acknowledge",${whole.replace('"x"', '"\\u0078"')}}`),
    ],
    ['in another order', line(`{${whole},"kind":"acknowledge"}`)],
    ['without a last number', line(`{"kind":"acknowledge",${whole.replace('"last":9,', '')}}`)],
    [
      'with numbers the wrong way round',
      line(`{"kind":"acknowledge",${whole.replace('"first":0', '"first":10')}}`),
    ],
    [
      'with a number that is a text',
      line(`{"kind":"acknowledge",${whole.replace('"first":0', '"first":"0"')}}`),
    ],
    ['without a reason', line(`{"kind":"acknowledge",${whole.replace('"x"', '""')}}`)],
    ['with a time that there is not', line(`{"kind":"acknowledge",${whole.replace('11-23', '02-30')}}`)],
    [
      'about a log in place of an origin',
      line(`{"kind":"acknowledge",${whole.replace(first, logName(first))}}`),
    ],
    ['without numbers', line(`{"kind":"acknowledge",${whole.replace('"first":0,"last":9,', '')}}`)],
    ['that retires a log nowhere', line(`{"kind":"retire","log":"${second}","at":"${at}","why":"x"}`)],
    ['that retires below zero', line(`{"kind":"retire","log":"${second}","last":-1,"at":"${at}","why":"x"}`)],
    [
      'with a number in another spelling',
      line(`{"kind":"retire","log":"${second}","last":1e0,"at":"${at}","why":"x"}`),
    ],
    ...[second, `${logName(first)}/20261123T034438Z`, first.replace('cp-1', 'cp-2'), logName(first)].map(
      (after): [string, string] => [
        `about an epoch after ${after}`,
        line(`{"kind":"acknowledge","log":"${second}","after":"${after}","last":3,"at":"${at}","why":"x"}`),
      ],
    ),
    ['with a second line', line(`{"kind":"acknowledge",${whole}}\n`)],
  ])('%s counts for nothing, and that is no finding', async (_name, text) => {
    const { left: all, summary } = await judged([], ({ written }) =>
      written.records.push(signedText(text, key)),
    );
    expect(all).toEqual(ownFindings.toSorted());
    expect(summary.statements).toMatchObject({ counted: [], void: { count: 1 } });
  });

  test('is counted by reason, and only some of them are named', async () => {
    const { summary } = await judged([], ({ written }) => {
      for (let i = 0; i < 25; i += 1)
        written.records.push(statementDocument({ ...gaps, why: `${i}` }, operatorKey('stranger')));
      const moved = statementDocument(gaps);
      written.records.push({ ...moved, id: `${moved.id.slice(0, -16)}0123456789abcdef` });
    });
    expect(summary.statements.void).toMatchObject({
      count: 26,
      reasons: { 'of no operator of the trust file': 25, 'its _id is not the one of its note': 1 },
    });
    expect(summary.statements.void.sample).toHaveLength(10);
  });

  test('counts for nothing without a trust file', async () => {
    const scene = statementScene();
    scene.written.records.push(statementDocument(gaps), statementDocument(retired));
    const { findings, summary } = await verify(scene.written, { now: scene.now });
    expect(excused(findings)).toEqual([]);
    expect(summary.statements).toMatchObject({
      counted: [],
      void: { count: 2, reasons: { 'no trust file names an operator': 2 } },
    });
  });
});

describe('whatever statements are there', () => {
  const seed = Number(process.env['STATEMENTS_SEED'] ?? 20261123);

  test(`of those of an operator no finding of exit class 1 changes, and unknown operators change nothing (seed ${seed})`, async () => {
    const random = new Random(seed);
    let excuses = 0;
    for (let i = 0; i < 60; i += 1) {
      const scene = cloneOf(random.chance(50) ? generatedScene() : statementScene());
      const { trust } = scene as { trust: TrustFile };
      trust.operators = [operatorKey().verifier.text];
      if (random.chance(80)) mutate(scene, random);
      trust.erasers = [];
      const of = async (documents: typeof scene.written.records) =>
        await verify(
          { ...scene.written, records: [...scene.written.records, ...documents] },
          { now: scene.now, trust },
        ).catch((error: unknown) => String(error));
      const before = await of([]);
      const known = await of(randomStatements(scene, random, operatorKey()));
      const unknown = await of(randomStatements(scene, random, operatorKey('stranger@example.com')));
      if (typeof before === 'string' || typeof known === 'string' || typeof unknown === 'string') {
        expect([known, unknown]).toEqual([before, before]);
        continue;
      }
      expect(unknown.findings).toEqual(before.findings);
      expect({ ...unknown.summary, statements: 0 }).toEqual({ ...before.summary, statements: 0 });
      expect(known.findings.map(withoutExcuse)).toEqual(before.findings.map(withoutExcuse));
      for (const { finding, excuse } of known.findings)
        if (excuse) expect(notProvenComplete).toContain(finding);
      expect(before.summary.exitCode === 1).toBe(known.summary.exitCode === 1);
      excuses += known.summary.excused.acknowledged + known.summary.excused.retired;
    }
    expect(excuses, 'else nothing was shown').toBeGreaterThan(20);
  });
});

function withoutExcuse({ excuse: _excuse, ...finding }: Finding): Finding {
  return finding;
}
