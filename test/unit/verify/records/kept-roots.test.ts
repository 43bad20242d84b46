import { describe, expect, test } from 'vitest';
import {
  cosignatureDocument,
  parseTimeStamp,
  parseWitnessKey,
  splitNote,
  timeStampDocument,
  timeStampQuery,
} from '../../../../agent/seal/index.ts';
import type { KeptOptions } from '../../../../agent/verify/index.ts';
import { LogWriter, recordsIndex } from '../../../kit/seal/log.ts';
import { verify } from '../../../kit/seal/streams.ts';
import { hasOpenssl, Tsa } from '../../../kit/tsa.ts';
import { Cosigner } from '../../../kit/witness.ts';

/** A log of five batches of three events, sealed by the same key whatever its events are. */
function written(event?: (index: number) => string): { writer: LogWriter; notes: string[] } {
  const writer = new LogWriter();
  const notes = [1, 2, 3, 4, 5].map(() => writer.batch(event ? { event } : {}).checkpoint);
  return { writer, notes };
}

const by = (more: Partial<KeptOptions>): KeptOptions => ({
  checkpoints: [],
  witnesses: [],
  quorum: 0,
  ...more,
});
const kept = (note: string) => by({ checkpoints: [{ note, file: 'kept.txt' }] });

async function judged({ written: log, now, origin }: LogWriter, options: KeptOptions) {
  const { findings, summary } = await verify(log, { now, kept: options });
  return {
    found: findings.map(({ finding, batch, detail }) => ({ finding, batch, detail })),
    kept: summary.kept,
    origin,
  };
}

function cosigned(
  writer: LogWriter,
  note: string,
  cosigner: Cosigner,
  at = '2026-11-23T01:00:00.000Z',
): void {
  const { text } = splitNote(note);
  const line = cosigner.line(text, new Date(at));
  const document = { text, line, vkey: writer.vkey };
  const witness = parseWitnessKey(cosigner.vkey);
  writer.written.records.push({
    index: recordsIndex,
    ...cosignatureDocument(document, witness, writer.written.namespace, new Date(at)),
  });
}

const witnesses = (...all: Cosigner[]) => all.map(({ vkey }) => parseWitnessKey(vkey));

describe('a checkpoint that was kept', () => {
  test('says up to where history is as it was, and what may have been rewritten', async () => {
    const { writer, notes } = written();
    const { found, kept: report, origin } = await judged(writer, kept(notes[2]!));
    expect(found).toEqual([]);
    expect(report).toEqual({
      fixed: [
        { origin, size: 12, batch: 2, sealedAt: '2026-11-23T00:44:58.000Z', by: ['kept.txt'], openTo: 4 },
      ],
      stamped: [],
      notCompared: [],
    });
  });

  test('shows what the holder of the key has rewritten since, wherever before it that was', async () => {
    const { notes } = written();
    const { writer } = written((index) => `{"rewritten":${index}}`);
    expect((await judged(writer, kept(notes[3]!))).found).toEqual([
      {
        finding: 'fork',
        batch: 3,
        detail: expect.stringContaining('is another than the one that is kept in kept.txt') as string,
      },
    ]);
    // Without it nothing is to be seen.
    expect((await judged(writer, by({}))).found).toEqual([]);
  });

  test('shows a log that is shorter by now, that ends its batches elsewhere, that has another key, or is gone', async () => {
    const { notes } = written();
    const shorter = new LogWriter();
    shorter.batch();
    expect((await judged(shorter, kept(notes[2]!))).found).toEqual([
      {
        finding: 'missing record',
        batch: 1,
        detail: expect.stringContaining('it ends with size 4, below the 12') as string,
      },
    ]);
    const otherwise = new LogWriter();
    for (const events of [4, 4, 4, 4]) otherwise.batch({ events });
    expect((await judged(otherwise, kept(notes[2]!))).found).toEqual([
      {
        finding: 'fork',
        batch: undefined,
        detail: expect.stringContaining('none of its batches ends with size 12') as string,
      },
    ]);
    const { writer } = written();
    const [, , note] = notes;
    const forged = note!.replace(/(\S{20})\n$/u, (end) => `${'A'.repeat(end.length - 1)}\n`);
    expect((await judged(writer, kept(forged))).found).toEqual([
      {
        finding: 'bad signature',
        batch: undefined,
        detail: expect.stringContaining('is not signed by the key') as string,
      },
    ]);
    const elsewhere = new LogWriter({ name: { cluster: 'prod', node: 'cp-2', source: 'kube-apiserver' } });
    elsewhere.batch();
    expect((await judged(elsewhere, kept(notes[2]!))).found).toEqual([
      {
        finding: 'epoch missing',
        batch: undefined,
        detail: expect.stringContaining('of size 12, is kept in kept.txt') as string,
      },
    ]);
  });
});

describe('cosignatures', () => {
  const one = new Cosigner('witness.example/one');
  const two = new Cosigner('witness.example/two', 'ml-dsa-44');
  const three = new Cosigner('witness.example/three');

  test('of a quorum of witnesses, of either kind, fix history up to the tree that all of them have seen', async () => {
    const { writer, notes } = written();
    cosigned(writer, notes[1]!, one);
    cosigned(writer, notes[3]!, one, '2026-11-23T01:10:00.000Z');
    cosigned(writer, notes[2]!, two, '2026-11-23T01:20:00.000Z');
    cosigned(writer, notes[4]!, three);
    const fixed = async (quorum: number, ...all: Cosigner[]) => {
      const { found, kept: report } = await judged(writer, by({ witnesses: witnesses(...all), quorum }));
      expect(found).toEqual([]);
      expect(report!.fixed.every(({ origin }) => origin === writer.origin)).toBe(true);
      return report!.fixed.map(({ size, batch, sealedAt, by: names, at, openTo }) => ({
        size,
        batch,
        sealedAt,
        by: names,
        at,
        openTo,
      }));
    };
    expect(await fixed(2, one, two)).toEqual([
      {
        size: 12,
        batch: 2,
        sealedAt: '2026-11-23T00:44:58.000Z',
        by: [one.name, two.name],
        at: '2026-11-23T01:20:00.000Z',
        openTo: 4,
      },
    ]);
    expect(await fixed(1, one, two)).toMatchObject([
      { size: 16, by: [one.name], at: '2026-11-23T01:10:00.000Z' },
    ]);
    expect(await fixed(1, three)).toMatchObject([{ size: 20, batch: 4, by: [three.name] }]);
    // Nobody whom the auditor names has seen it.
    const stranger = new Cosigner('witness.example/one');
    expect(await fixed(1, stranger)).toMatchObject([{ size: 0, by: [], openTo: 4 }]);
  });

  test('of two keys under one name are those of one witness', async () => {
    const { writer, notes } = written();
    const again = new Cosigner(one.name, 'ml-dsa-44');
    cosigned(writer, notes[2]!, one);
    cosigned(writer, notes[2]!, again);
    const { kept: report } = await judged(writer, by({ witnesses: witnesses(one, again, two), quorum: 2 }));
    expect(report!.fixed).toMatchObject([{ size: 0, by: [] }]);
  });

  test('show a history that the key’s holder has rewritten, and one that he has cut off', async () => {
    const honest = written();
    const { writer } = written((index) => `{"rewritten":${index}}`);
    cosigned(writer, honest.notes[2]!, two);
    const options = by({ witnesses: witnesses(one, two), quorum: 1 });
    expect((await judged(writer, options)).found).toEqual([
      {
        finding: 'fork',
        batch: 2,
        detail: expect.stringContaining(`the witness ${two.name} has cosigned`) as string,
      },
    ]);
    const shorter = new LogWriter();
    shorter.batch();
    cosigned(shorter, honest.notes[2]!, one);
    expect((await judged(shorter, options)).found).toMatchObject([{ finding: 'missing record', batch: 1 }]);
  });

  test('that were forged, moved or damaged count for nothing', async () => {
    const { writer, notes } = written();
    cosigned(writer, notes[4]!, one);
    const document = writer.written.records.at(-1)!;
    const replace = (from: string | RegExp, to: string) => ({
      ...document,
      source: Buffer.from(document.source.toString().replace(from, to)),
    });
    const forgeries = [
      replace(/(\u2014 \S+ \S{30})\S/u, '$1A'),
      replace('\\n20\\n', '\\n16\\n'),
      { ...document, id: document.id.replace('-w20-', '-w16-') },
      { ...document, id: `${document.id}0` },
      replace(/"note":".*?"/u, '"note":7'),
    ];
    for (const forged of forgeries) {
      writer.written.records[writer.written.records.length - 1] = forged;
      const { found, kept: report } = await judged(writer, by({ witnesses: witnesses(one), quorum: 1 }));
      expect(found).toEqual([]);
      expect(report!.fixed).toMatchObject([{ size: 0 }]);
    }
  });
});

test.skipIf(!hasOpenssl)(
  'time-stamps are named where they are of a checkpoint of the log, and are no finding where they are not',
  async () => {
    await using tsa = await Tsa.make();
    const { writer, notes } = written();
    const [, , note] = notes;
    const reply = await tsa.reply(timeStampQuery(note!, Buffer.alloc(8, 7)));
    const stampOf = (of: string, size: number) =>
      timeStampDocument(
        { note: of, reply, origin: writer.origin, size, vkey: writer.vkey },
        writer.written.namespace,
        writer.now,
      );
    const judge = async (document: { id: string; source: Buffer }) => {
      writer.written.records.push({ index: recordsIndex, ...document });
      const { findings, summary } = await verify(writer.written, { now: writer.now });
      writer.written.records.pop();
      expect(findings).toEqual([]);
      return summary.kept;
    };
    const stamp = stampOf(note!, 12);
    const { id } = stamp;
    const at = parseTimeStamp(reply, note!).at.toISOString();
    expect(await judge(stamp)).toEqual({
      fixed: [],
      stamped: [{ origin: writer.origin, size: 12, at, id }],
      notCompared: [],
    });
    // Of another checkpoint, or under another size: nothing that anybody has stamped.
    expect(await judge(stampOf(notes[1]!, 8))).toBeUndefined();
    expect(await judge({ ...stamp, id: id.replace('-t12-', '-t13-') })).toBeUndefined();
    const other = written((index) => `{"rewritten":${index}}`).notes[2]!;
    const rewritten = await tsa.reply(timeStampQuery(other, Buffer.alloc(8, 7)));
    const document = { note: other, reply: rewritten, origin: writer.origin, size: 12, vkey: writer.vkey };
    expect(await judge(timeStampDocument(document, writer.written.namespace, writer.now))).toMatchObject({
      stamped: [],
      notCompared: [{ why: 'its root is another than that of the record' }],
    });
  },
);
