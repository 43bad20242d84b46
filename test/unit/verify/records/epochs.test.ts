import { describe, expect, test } from 'vitest';
import { signNote } from '../../../../agent/seal/index.ts';
import type { TrustFile } from '../../../../agent/trust/index.ts';
import { epoch1, honest, record, remove, secondEpoch, wordsOf } from '../../../kit/seal/honest.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { verify } from '../../../kit/seal/streams.ts';

describe('epochs and keys', () => {
  test('a log of the trust file that is not there is missing', async () => {
    const { written, writer, trust } = honest();
    const gone = new LogWriter({ name: { cluster: 'prod', node: 'cp-2', source: 'kube-apiserver' } });
    trust.logs.push({ ...gone.name, vkey: gone.vkey });
    const { findings } = await verify(written, { now: writer.now, trust });
    expect(findings).toMatchObject([{ finding: 'log missing', origin: 'prod/cp-2/kube-apiserver' }]);
  });

  test('a log that the trust file does not list is unknown and its events unproven', async () => {
    const { written, writer, trust } = honest();
    const other = new LogWriter(
      { name: { cluster: 'prod', node: 'cp-0', source: 'kube-apiserver' } },
      written,
    );
    other.batch();
    const { findings, summary } = await verify(written, { now: writer.now, trust });
    expect(findings.map(({ finding, origin }) => [finding, origin])).toEqual([
      ['unknown log', other.origin],
      ['unproven', other.origin],
    ]);
    expect(summary.exitCode).toBe(3);
  });

  test('an epoch after a lost state is unlinked; without a trust file it is judged nonetheless', async () => {
    const writer = new LogWriter();
    const trust: TrustFile = {
      v: 1,
      logs: [{ ...writer.name, vkey: writer.vkey }],
      operators: [],
      erasers: [],
    };
    writer.batch();
    writer.turn(secondEpoch, 'state lost', { sources: [], lies: { read: 2 }, events: 2 });
    expect((await wordsOf(writer.written, writer, trust)).words).toEqual([
      `unlinked epoch ${secondEpoch}`,
      `unproven ${secondEpoch}`,
    ]);
    const { words: found, summary } = await wordsOf(writer.written, writer);
    expect(found).toEqual([`incoherent ${secondEpoch} 0`, `unlinked epoch ${secondEpoch}`]);
    expect(summary.events).toBe(5);
  });

  test('an epoch whose records are gone is missing where the next one names it', async () => {
    const { written, writer } = honest();
    written.records = written.records.filter(
      ({ source }) => !source.includes(`/${epoch1}"`) || source.includes(`/${secondEpoch}"`),
    );
    written.events = written.events.filter(({ source }) => !source.includes(`/${epoch1}"`));
    written.records = written.records.filter(({ id }) => !id.includes('-s') && !id.includes('-r'));
    const kept = written.records.filter(({ source }) => source.includes(`"origin":"${writer.origin}"`));
    expect((await wordsOf({ ...written, records: kept }, writer)).words).toEqual([`epoch missing ${epoch1}`]);
  });

  test('an epoch that lost its newest record breaks the chain to the next', async () => {
    const writer = new LogWriter();
    writer.batch();
    writer.batch();
    writer.turn(secondEpoch);
    remove(writer.written.records, record(writer.written, 1));
    // Known from the trust file, since the record that names it stays.
    const { words: found } = await wordsOf(writer.written, writer);
    expect(found).toEqual([`missing record ${epoch1} 1`, `unproven ${epoch1} #4`]);
    remove(writer.written.records, record(writer.written, 2));
    const now = (await wordsOf(writer.written, writer)).words;
    expect(now.toSorted()).toEqual([`broken chain ${epoch1} 0`, `unlinked epoch ${secondEpoch}`]);
  });

  test('a linked epoch that names another size or root of the one before shows it', async () => {
    for (const [lie, expected] of [
      [(text: string) => text.replace(/\n\d+\n/u, '\n99\n'), `broken chain ${epoch1} 1`],
      [
        (note: string) => note.replace(/\n[^\n]+\n\n/u, `\n${Buffer.alloc(32).toString('base64')}\n\n`),
        `fork ${epoch1} 1`,
      ],
    ] as const) {
      const writer = new LogWriter();
      writer.batch();
      const log = writer.log;
      const next = new LogWriter({ epoch: secondEpoch });
      writer.batch({ events: 1, notices: [{ kind: 'next', at: writer.now.toISOString(), vkey: next.vkey }] });
      const previous = lie(log.checkpoint!);
      writer.log = next.log;
      writer.batch({ notices: [{ kind: 'epoch', at: writer.now.toISOString(), reason: 'age', previous }] });
      expect((await wordsOf(writer.written, writer)).words).toEqual([expected]);
    }
  });

  test('a next that is not of a later epoch of the same log names nothing', async () => {
    for (const [epoch, node] of [
      ['20250101T000000Z', 'cp-1'],
      [secondEpoch, 'cp-2'],
    ] as const) {
      const writer = new LogWriter();
      const trust: TrustFile = {
        v: 1,
        logs: [{ ...writer.name, vkey: writer.vkey }],
        operators: [],
        erasers: [],
      };
      const other = new LogWriter({ name: { ...writer.name, node }, epoch }, writer.written);
      writer.batch({ notices: [{ kind: 'next', at: writer.now.toISOString(), vkey: other.vkey }] });
      other.batch();
      const name = node === 'cp-1' ? 'unlinked epoch' : 'unknown log';
      const { words: found } = await wordsOf(writer.written, writer, trust);
      expect(found).toEqual([`${name} ${epoch}`, `unproven ${epoch}`]);
    }
  });

  test('an untrusted epoch shows that the one before lost its end, if a key of that one signed it', async () => {
    for (const forge of [false, true]) {
      const writer = new LogWriter();
      const trust: TrustFile = {
        v: 1,
        logs: [{ ...writer.name, vkey: writer.vkey }],
        operators: [],
        erasers: [],
      };
      writer.batch();
      const before = record(writer.written, 0);
      writer.batch({ notices: [] });
      const gone = record(writer.written, 1);
      const next = new LogWriter({ epoch: secondEpoch }, writer.written);
      const { checkpoint } = writer.log;
      const text = checkpoint!.slice(0, checkpoint!.indexOf('\n\n') + 1);
      const previous = forge ? signNote(text, next.log.key) : checkpoint!;
      const at = writer.now.toISOString();
      next.batch({ notices: [{ kind: 'epoch', at, reason: 'state lost', previous }] });
      remove(writer.written.records, gone);
      writer.written.events = writer.written.events.filter(({ source }) => !source.includes('"batch":1}'));
      expect(writer.written.records).toContain(before);
      const expected = [`unlinked epoch ${secondEpoch}`, `unproven ${secondEpoch}`];
      const { words: found } = await wordsOf(writer.written, writer, trust);
      expect(found).toEqual(forge ? expected : [`broken chain ${epoch1} 0`, ...expected]);
    }
  });
});
