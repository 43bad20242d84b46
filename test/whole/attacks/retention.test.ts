import { describe, expect, inject, test } from 'vitest';
import { Attacked } from '../../kit/attacked.ts';
import { eraserKey } from '../../kit/seal/operator.ts';

const url = inject('elasticsearchUrl');
const day = 86_400;
const at = '2026-11-24T00:00:00.000Z';
const missing = (index: number, batch: number) =>
  `missing: LOG, index ${index}, batch ${batch}, id ID-${String(index).padStart(12, '0')}`;

describe.concurrent('deletions that are to pass for expiry', () => {
  test('by a shorter retentionDays afterwards: missing all the same', async () => {
    await using log = await Attacked.make(url, (writer) => {
      writer.batch({ after: 2 * day });
      writer.batch({
        notices: [{ kind: 'start', at: writer.now.toISOString() }],
        lies: { retentionDays: 1 },
      });
    });
    await log.installation.remove('events', log.events[0]!.id, log.events[2]!.id);
    const { findings, code, report } = await log.verify();
    expect([findings, code], report).toEqual([[missing(0, 0), missing(2, 0)], 1]);
  });

  test('by a shorter retentionDays before the deed: expired a day later, and the report says from which batch on', async () => {
    await using log = await Attacked.make(url, (writer) => {
      writer.batch();
      writer.batch({ lies: { retentionDays: 1 }, after: 2 * day });
      writer.batch({ lies: { retentionDays: 1 } });
    });
    await log.installation.remove('events', log.events[4]!.id);
    const { findings, code, report } = await log.verify();
    expect([findings.filter((line) => !line.startsWith('silent')), code], report).toEqual([[], 3]);
    expect(report).toContain('8 as sealed, 1 expired');
    expect(report).toContain(`change: ${log.origin}: retentionDays from 400 to 1 at batch 1`);
  });

  test('by a clock that is set back for one batch: clock back, and missing; expired only once an operator took the step for known', async () => {
    await using log = await Attacked.make(url, (writer) => {
      writer.batch({ after: -401 * day });
      writer.batch({ after: 401 * day + 10 });
      writer.batch({ notices: [{ kind: 'start', at: writer.now.toISOString() }] });
    });
    const step = `clock back: LOG, batch 1 (sealed ${401 * day} s before a batch that precedes it)`;
    const before = await log.verify();
    expect([before.findings, before.code], before.report).toEqual([[step], 3]);
    await log.installation.remove('events', log.events[4]!.id);
    const after = await log.verify();
    expect([after.findings, after.code], after.report).toEqual([[step, missing(5, 1)], 1]);
    await log.say({
      kind: 'acknowledge',
      log: log.origin,
      batches: { first: 1, last: 1 },
      at: log.writer.now.toISOString(),
      why: 'x',
    });
    const known = await log.verify();
    expect([known.findings.map((line) => line.split(':')[0]), known.code], known.report).toEqual([
      ['acknowledged clock back'],
      0,
    ]);
    expect(known.report).toContain('8 as sealed, 1 expired');
  });

  test('by statements of keys that may not say so: missing', async () => {
    await using log = await Attacked.make(url);
    await log.installation.remove('events', log.events[0]!.id);
    const later = '2027-11-25T00:00:00.000Z';
    await log.say({ kind: 'erase', log: log.origin, indexes: [{ first: 0, last: 2 }], at, why: 'x' });
    await log.say({
      kind: 'retention',
      log: log.origin,
      batches: { first: 0, last: 9 },
      days: 1,
      at,
      why: 'x',
    });
    const { findings, code, report } = await log.verify('--now', later);
    expect([findings.filter((line) => !line.startsWith('ends early')), code], report).toEqual([
      [missing(0, 0)],
      1,
    ]);
    expect(report).toContain('2 of one whom the trust file does not let say so');
  });

  test('by statements of an eraser: a line of the report, with how many, by whom and why; what is left is not erased', async () => {
    await using log = await Attacked.make(url);
    const [one, two, , four] = log.events;
    await log.installation.remove('events', one!.id, two!.id, four!.id);
    await log.say(
      { kind: 'erase', log: log.origin, indexes: [{ first: 0, last: 2 }], at, why: 'request 17' },
      eraserKey(),
    );
    const days = '2026-11-26T00:00:00.000Z';
    const first = await log.verify('--now', days);
    const ends = 'ends early: LOG, batch 1 (its newest record is of 2026-11-23T00:44:48.000Z)';
    const left = 'not erased: LOG, index 2, batch 0, id ID-000000000002';
    expect([first.findings, first.code], first.report).toEqual([[ends, left, missing(4, 1)], 1]);
    await log.say(
      { kind: 'retention', log: log.origin, batches: { first: 1, last: 1 }, days: 2, at, why: 'full' },
      eraserKey(),
    );
    const second = await log.verify('--now', days);
    expect([second.findings, second.code], second.report).toEqual([[ends, left], 3]);
    expect(
      second.report
        .split('\n')
        .filter((line) => /^(?:erased|gone after)/u.test(line))
        .toSorted(),
    ).toEqual([
      `erased: 2 events of ${log.origin}, by eraser@example.com at ${at}: request 17`,
      `gone after 2 days: 1 events of ${log.origin}, by eraser@example.com at ${at}: full`,
    ]);
    const sooner = await log.verify('--now', '2026-11-24T12:00:00.000Z');
    expect([sooner.findings, sooner.code], sooner.report).toEqual([[ends, left, missing(4, 1)], 1]);
  });
});
