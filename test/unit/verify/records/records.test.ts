import { describe, expect, test } from 'vitest';
import { generateKey, Log, logIdOf, recordDocumentId, signNote } from '../../../../agent/seal/index.ts';
import { epoch1, honest, record, remove, replace, secondEpoch, wordsOf } from '../../../kit/seal/honest.ts';
import { LogWriter, privateKeyOf, recordsIndex } from '../../../kit/seal/log.ts';
import type { Written } from '../../../kit/seal/log.ts';

const life = (raw: string) => {
  const writer = new LogWriter();
  for (let i = 0; i < 3; i += 1)
    writer.batch({ event: (index) => (index < 4 ? '{}' : `{"life":"${raw}${index}"}`) });
  return writer;
};

describe('records', () => {
  test.each<[string, (written: Written, writer: LogWriter) => void, string[]]>([
    [
      'an edited one is changed, and missing',
      (w) => replace(record(w, 1), '"read":3', '"read":4'),
      ['changed record', 'missing record', 'unproven'].map(
        (f) => `${f} ${epoch1} ${f === 'unproven' ? '#5' : 1}`,
      ),
    ],
    [
      'one with white space too',
      (w) => replace(record(w, 1), '{"v":1,', '{"v":1, '),
      // By its value it is what was sealed.
      [`changed record ${epoch1} 1`],
    ],
    [
      'one with another _id is changed at what its _id claims',
      (w) => {
        record(w, 1).id = record(w, 1).id.replace('-b00000001-', '-b00000009-');
      },
      [`changed record ${epoch1} 9`, `missing record ${epoch1} 1`, `unproven ${epoch1} #5`],
    ],
    [
      'a deleted one is missing, its events unproven',
      (w) => remove(w.records, record(w, 1)),
      [`missing record ${epoch1} 1`, `unproven ${epoch1} #5`],
    ],
    [
      'a whole batch deleted with its record is a missing record',
      (w) => {
        remove(w.records, record(w, 1));
        w.events.splice(4, 3);
      },
      [`missing record ${epoch1} 1`],
    ],
    [
      'one with a broken signature is a bad signature',
      (w) => {
        const { source } = record(w, 0);
        const text = source.toString();
        const signature = /— \S+ (\S+)\\n/u.exec(text)![1]!;
        const bytes = Buffer.from(signature, 'base64');
        bytes[20]! ^= 1;
        replace(record(w, 0), signature, bytes.toString('base64'));
      },
      [`bad signature ${epoch1} 0`, `missing record ${epoch1} 0`, `unproven ${epoch1} #0`],
    ],
    [
      'one with a second signature line is a bad signature',
      (w) => {
        const line = /— \S+ \S+\\n/u.exec(record(w, 0).source.toString())![0];
        replace(record(w, 0), line, line + line);
      },
      [`bad signature ${epoch1} 0`, `missing record ${epoch1} 0`, `unproven ${epoch1} #0`],
    ],
    [
      'one that is not JSON and has no _id of ours claims nothing',
      (w) => w.records.push({ index: recordsIndex, id: 'x', source: Buffer.from('{}') }),
      ['changed record'],
    ],
  ])('%s', async (_name, tamper, expected) => {
    const { written, writer, trust } = honest();
    tamper(written, writer);
    const { words: found, summary } = await wordsOf(written, writer, trust);
    expect(found).toEqual(expected);
    expect(summary.exitCode).toBe(1);
  });

  test('a batch that was signed anew with another key is a bad signature', async () => {
    const { written, writer, trust } = honest();
    const own = generateKey(writer.log.origin.replace(secondEpoch, epoch1));
    const victim = record(written, 1);
    const value = JSON.parse(victim.source.toString()) as { auditseal: Record<string, string> };
    const { checkpoint, vkey } = value.auditseal as { checkpoint: string; vkey: string };
    const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1);
    replace(victim, JSON.stringify(checkpoint), JSON.stringify(signNote(text, own)));
    replace(victim, JSON.stringify(vkey), JSON.stringify(own.verifier.text));
    const root = Buffer.from(text.split('\n')[2]!, 'base64');
    const expected = [`bad signature ${epoch1} 1`, `missing record ${epoch1} 1`, `unproven ${epoch1} #5`];
    expect((await wordsOf(written, writer, trust)).words).toEqual(expected);
    victim.id = recordDocumentId(logIdOf(own.verifier.text), 1, root);
    expect((await wordsOf(written, writer, trust)).words).toEqual(expected);
    expect((await wordsOf(written, writer)).words).toEqual(expected);
  });

  test('two lives of one state are a fork where they share a size', async () => {
    const [one, two] = [life('a'), life('b')];
    for (const document of two.written.records)
      if (!one.written.records.some(({ id }) => id === document.id)) one.written.records.push(document);
    const { words: found } = await wordsOf(one.written, one);
    expect(found).toEqual([`fork ${epoch1} 1`, `fork ${epoch1} 2`]);
  });

  test('a run of missing numbers is one finding, however long', async () => {
    const writer = new LogWriter();
    writer.batch();
    writer.log = new Log({
      origin: writer.origin,
      privateKey: privateKeyOf(writer.origin),
      nextBatch: 99_999_999,
      size: 0,
      frontier: new Uint8Array(),
      checkpoint: null,
    });
    writer.batch();
    const { words: found } = await wordsOf(writer.written, writer);
    expect(found).toContain(`missing record ${epoch1} 1`);
    expect(found).toContain(`broken chain ${epoch1} 99999999`);
    expect(found.filter((word) => word.startsWith('missing record'))).toHaveLength(1);
  });

  test('where batches of a broken chain overlap, an event is that of the lower number', async () => {
    const [one, two] = [new LogWriter(), new LogWriter()];
    one.batch({ events: 1 });
    two.batch({ events: 1 });
    one.batch({ events: 4 });
    two.batch({ events: 2 });
    two.batch({ events: 4 });
    one.written.records.push(two.written.records[2]!);
    one.written.events.push(two.written.events.at(-1)!);
    one.now = two.now;
    const { words: found } = await wordsOf(one.written, one);
    expect(found.toSorted()).toEqual([
      `broken chain ${epoch1} 2`,
      `incoherent ${epoch1} 2`,
      `missing ${epoch1} #7`,
    ]);
  });

  test('a log that goes on from another tree is a broken chain', async () => {
    const [one, two] = [new LogWriter(), new LogWriter()];
    one.batch();
    two.batch({ event: () => '{}' });
    two.batch();
    one.written.records.push(two.written.records[1]!);
    one.written.events.push(...two.written.events.slice(3));
    one.now = two.now;
    expect((await wordsOf(one.written, one)).words).toEqual([`broken chain ${epoch1} 1`]);
  });

  test('that all come back printed anew, with their events, could not be checked', async () => {
    const { written, writer, trust } = honest();
    for (const document of [...written.records, ...written.events])
      document.source = Buffer.from(JSON.stringify(JSON.parse(document.source.toString()), null, 1));
    const { words: found, summary } = await wordsOf(written, writer, trust);
    expect(found).toEqual([]);
    expect(summary).toMatchObject({ verdict: 'could not check', exitCode: 2 });
    expect(summary.obstacle).toContain('not byte for byte');
  });

  test('of which there is none could not be checked', async () => {
    const writer = new LogWriter();
    const { summary } = await wordsOf(writer.written, writer);
    expect(summary).toMatchObject({ exitCode: 2, obstacle: 'there is no record at all' });
  });
});
