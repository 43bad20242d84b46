import { describe, expect, test } from 'vitest';
import { epoch1, event, honest, record, remove, secondEpoch, wordsOf } from '../../kit/seal/honest.ts';
import { LogWriter } from '../../kit/seal/log.ts';

describe('an honest log', () => {
  test('gives no finding with a trust file, and everything is counted', async () => {
    const { written, writer, trust } = honest();
    const { words: found, summary } = await wordsOf(written, writer, trust);
    expect(found).toEqual([]);
    expect(summary).toMatchObject({
      verdict: 'verified',
      exitCode: 0,
      trusted: true,
      batches: 7,
      events: 15,
      refused: 1,
      documents: 15,
      copies: 0,
      expired: 0,
    });
    expect(summary.logs.map(({ keyFrom }) => keyFrom)).toEqual(['trust file', 'next']);
  });

  test('gives none without a trust file, and the keys are said to be the log’s own', async () => {
    const { written, writer } = honest();
    const { words: found, summary } = await wordsOf(written, writer);
    expect(found).toEqual([]);
    expect(summary.trusted).toBe(false);
    expect(summary.logs.map(({ keyFrom }) => keyFrom)).toEqual(['the log itself', 'next']);
  });

  test('may hold the same document and the same record in another backing index', async () => {
    const { written, writer, trust } = honest();
    written.events.push({ ...event(written, 5), index: 'older' }, { ...event(written, 0), index: 'older' });
    written.records.push({ ...record(written, 1), index: 'older' });
    const { words: found, summary } = await wordsOf(written, writer, trust);
    expect(found).toEqual([]);
    expect(summary).toMatchObject({ copies: 2, recordCopies: 1 });
  });

  test('may have events whose record has not arrived yet', async () => {
    const { written, writer, trust } = honest();
    remove(written.records, record(written, 1, secondEpoch));
    const { words: found, summary } = await wordsOf(written, writer, trust);
    expect(found).toEqual([]);
    expect(summary).toMatchObject({ notYetRecorded: 3, verdict: 'verified' });
  });

  test('may have begun so lately that there is a marker and no record', async () => {
    const writer = new LogWriter();
    writer.marker(1);
    writer.batch();
    writer.written.records.splice(1);
    const other = new LogWriter(
      { name: { cluster: 'prod', node: 'cp-2', source: 'kube-apiserver' } },
      writer.written,
    );
    other.batch();
    const { words: found, summary } = await wordsOf(writer.written, writer);
    expect(found).toEqual([]);
    expect(summary.notYetRecorded).toBe(3);
  });

  test('keeps its word when the events have expired', async () => {
    const { written, writer, trust } = honest();
    const later = new Date(writer.now.getTime() + 401 * 86_400_000);
    written.events.splice(0);
    const { words: found, summary } = await wordsOf(written, writer, trust, later);
    expect(found).toEqual([`ends early ${secondEpoch} 1`]);
    expect(summary.expired).toBe(15);
  });

  test('expires by each batch’s own retention: a later batch that says less shortens nothing that was sealed before', async () => {
    const writer = new LogWriter({ retentionDays: 400 });
    writer.batch({ events: 2 });
    writer.batch({ events: 2, lies: { retentionDays: 1 } });
    writer.batch({ events: 2 });
    for (const index of [0, 3, 6]) remove(writer.written.events, event(writer.written, index));
    writer.now = new Date(writer.now.getTime() + 2 * 86_400_000);
    writer.batch({ events: 1, notices: [{ kind: 'start', at: writer.now.toISOString() }] });
    const { words: found, summary } = await wordsOf(writer.written, writer);
    expect(found).toEqual([`missing ${epoch1} #0`, `missing ${epoch1} #6`]);
    expect(summary.expired).toBe(1);
  });
});
