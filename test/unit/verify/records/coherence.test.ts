import { describe, expect, test } from 'vitest';
import { epoch1, honest, record, remove, secondEpoch, wordsOf } from '../../../kit/seal/honest.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { verify } from '../../../kit/seal/streams.ts';

const file = (name: string) => ({ path: `/var/log/${name}`, file: `${name}#0`, mac: '' });
/** So many seconds after the first batch was sealed. */
const at = (seconds: number) => new Date(Date.parse('2026-11-23T00:44:38.000Z') + seconds * 1000);

/** A file read to its end in one epoch, and the next one, which says which it follows, in the next. */
function rotatedOverEpochs(after: string): LogWriter {
  const writer = new LogWriter();
  writer.batch({ sources: [{ ...file('a'), start: 0, end: 100, lines: 3, ended: true }] });
  const next = new LogWriter({ epoch: secondEpoch });
  writer.heartbeat({
    sources: [],
    notices: [{ kind: 'next', at: writer.now.toISOString(), vkey: next.vkey }],
  });
  const previous = writer.log.checkpoint!;
  writer.log = next.log;
  writer.batch({
    sources: [{ ...file('b'), start: 0, end: 50, lines: 3, after }],
    notices: [{ kind: 'epoch', at: writer.now.toISOString(), reason: 'age', previous }],
  });
  return writer;
}

describe('coherence and time', () => {
  test('what a manifest contradicts in itself is incoherent', async () => {
    const writer = new LogWriter();
    writer.batch({ lies: { pieces: 1 } });
    writer.batch({ lies: { dropped: { x: 2 } } });
    const { words: found } = await wordsOf(writer.written, writer);
    expect(found).toEqual([`incoherent ${epoch1} 0`, `incoherent ${epoch1} 1`]);
  });

  test('stretches that do not join are incoherent unless a gap owns up to it', async () => {
    const first = { ...file('a'), start: 0, end: 100, lines: 3 };
    const cases: [object, object[], string[]][] = [
      [{ ...file('a'), start: 100, end: 200, lines: 3 }, [], []],
      [{ ...file('a'), start: 120, end: 200, lines: 3 }, [], [`incoherent ${epoch1} 2`]],
      [{ ...file('b'), start: 0, end: 200, lines: 3, after: 'a#0' }, [], [`incoherent ${epoch1} 2`]],
      [
        { ...file('b'), start: 0, end: 200, lines: 3 },
        [
          {
            reason: 'unproven',
            before: { path: '/var/log/a', file: 'a#0', offset: 100 },
            after: { path: '/var/log/b', file: 'b#0', offset: 0 },
          },
        ],
        [`gap ${epoch1} 2`],
      ],
    ];
    for (const [second, gaps, expected] of cases) {
      const writer = new LogWriter();
      writer.batch({ sources: [first] });
      writer.heartbeat({ sources: [] });
      writer.batch({ sources: [second as never], gaps: gaps as never });
      expect((await wordsOf(writer.written, writer)).words).toEqual(expected);
    }
  });

  test('a rotated file that was read to its end joins the one that names it, also over an epoch', async () => {
    const [good, bad] = [rotatedOverEpochs('a#0'), rotatedOverEpochs('c#0')];
    expect((await wordsOf(good.written, good)).words).toEqual([]);
    expect((await wordsOf(bad.written, bad)).words).toEqual([`incoherent ${secondEpoch} 0`]);
  });

  test('more than two heartbeats between two batches are silence unless a start or a pause explains them', async () => {
    for (const [after, notices, expected] of [
      [120, [], []],
      [121, [], [`silent ${epoch1} 1`]],
      [121, [{ kind: 'start', at: '2026-11-23T01:00:00.000Z' }], []],
      [121, [{ kind: 'paused', at: '2026-11-23T01:00:00.000Z', reason: 'spool' }], []],
    ] as const) {
      const writer = new LogWriter();
      writer.batch({ after });
      writer.batch({ notices: [...notices] });
      expect((await wordsOf(writer.written, writer)).words).toEqual(expected);
    }
  });

  test('a newest record older than two heartbeats ends the log early, also after a clean stop', async () => {
    const writer = new LogWriter();
    writer.batch();
    writer.heartbeat({ notices: [{ kind: 'stop', at: '2026-11-23T00:44:48.000Z' }] });
    expect((await wordsOf(writer.written, writer, undefined, at(10 + 120 + 300))).words).toEqual([]);
    const { findings, summary } = await verify(writer.written, { now: at(10 + 121 + 300) });
    expect(findings).toMatchObject([
      { finding: 'ends early', batch: 1, detail: 'stopped cleanly at 2026-11-23T00:44:48.000Z' },
    ]);
    expect(summary.exitCode).toBe(3);
  });

  test('events without a record for longer than two heartbeats are not yet recorded', async () => {
    const { written, writer, trust } = honest();
    remove(written.records, record(written, 1, secondEpoch));
    const now = new Date(writer.now.getTime() + 3_600_000);
    expect((await wordsOf(written, writer, trust, now)).words).toEqual([
      `ends early ${secondEpoch} 0`,
      ...[3, 4, 5].map((index) => `not yet recorded ${secondEpoch} #${index}`),
    ]);
  });

  test('a record sealed after now, with five minutes of tolerance, is sealed in the future', async () => {
    const writer = new LogWriter();
    writer.batch();
    expect((await wordsOf(writer.written, writer, undefined, at(-300))).words).toEqual([]);
    expect((await wordsOf(writer.written, writer, undefined, at(-301))).words).toEqual([
      `sealed in the future ${epoch1} 0`,
    ]);
  });
});
