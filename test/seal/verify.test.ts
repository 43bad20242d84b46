import { describe, expect, test } from 'vitest';
import {
  formOf,
  generateKey,
  leafHash,
  logIdOf,
  recordDocumentId,
  refusedForm,
  signNote,
} from '../../agent/seal/index.ts';
import type { Finding, StoredDocument, Trust } from '../../agent/seal/verify/index.ts';
import { eventsIndex, LogWriter, recordsIndex, type Written } from './log.ts';
import { verify } from './streams.ts';

const secondEpoch = '20261123T014438Z';

/** Two epochs with a gap, a heartbeat, a refused event: everything that an honest log may hold. */
function honest(options: { until?: Date } = {}): {
  written: Written;
  writer: LogWriter;
  first: string;
  trust: Trust;
} {
  const writer = new LogWriter();
  const { vkey, origin, name } = writer;
  writer.marker(1);
  writer.batch({ events: 4, dropped: 2, notices: [{ kind: 'start', at: writer.now.toISOString() }] });
  writer.batch({ events: 3, refused: [1] });
  writer.heartbeat();
  writer.batch({ events: 2 });
  writer.turn(secondEpoch);
  writer.batch({ events: 3 });
  void options;
  return {
    written: writer.written,
    writer,
    first: origin,
    trust: { v: 1, logs: [{ ...name, vkey }], operators: [] },
  };
}

const words = (findings: Finding[]) =>
  findings.map(({ finding, origin, index, batch }) =>
    [finding, origin?.split('/').at(-1), index === undefined ? (batch ?? '') : `#${index}`].join(' ').trim(),
  );

async function wordsOf(written: Written, writer: LogWriter, trust?: Trust, now?: Date) {
  const { findings, summary } = await verify(written, { now: now ?? writer.now, trust });
  return { words: words(findings), summary };
}

const epoch1 = '20261123T004438Z';
const event = (written: Written, index: number, epoch = epoch1): StoredDocument =>
  written.events.find(
    ({ source }) => source.includes(`"sequence":${index}}`) && source.includes(`/${epoch}"`),
  )!;
const record = (written: Written, batch: number, epoch = epoch1): StoredDocument =>
  written.records.find(
    ({ source }) => source.includes(`"batch":${batch},"size"`) && source.includes(`/${epoch}"`),
  )!;
const replace = (document: StoredDocument, from: string, to: string) => {
  const text = document.source.toString();
  expect(text).toContain(from);
  document.source = Buffer.from(text.replace(from, to));
};
const remove = (list: StoredDocument[], document: StoredDocument) => {
  expect(list.indexOf(document)).toBeGreaterThanOrEqual(0);
  list.splice(list.indexOf(document), 1);
};

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

  test('of which a later batch shortened the retention has expired by the shorter one', async () => {
    const writer = new LogWriter({ retentionDays: 400 });
    writer.batch({ events: 2 });
    writer.batch({ events: 2, lies: { retentionDays: 1 } });
    writer.batch({ events: 2 });
    remove(writer.written.events, event(writer.written, 0));
    remove(writer.written.events, event(writer.written, 6));
    writer.now = new Date(writer.now.getTime() + 2 * 86_400_000);
    writer.batch({ events: 1, notices: [{ kind: 'start', at: writer.now.toISOString() }] });
    const { words: found, summary } = await wordsOf(writer.written, writer);
    expect(found).toEqual([`missing ${epoch1} #6`]);
    expect(summary.expired).toBe(1);
  });
});

describe('documents', () => {
  test.each<[string, (written: Written, writer: LogWriter) => void, string[]]>([
    [
      'an edited one is changed',
      (w) => replace(event(w, 1), 'kubernetes-admin', 'kubernetes-admim'),
      [`changed ${epoch1} #1`],
    ],
    [
      'white space after one makes it changed',
      (w) => replace(event(w, 1), '}}}}', '}}}} '),
      [`changed ${epoch1} #1`],
    ],
    [
      'one whose sequence was edited is changed at the index of its _id',
      (w) => replace(event(w, 1), '"sequence":1}', '"sequence":8}'),
      [`changed ${epoch1} #1`],
    ],
    [
      'one whose sequence was edited to a lower one too',
      (w) => replace(event(w, 10), '"sequence":10}', '"sequence":0}'),
      [`changed ${epoch1} #10`],
    ],
    [
      'one that lost its origin too',
      (w) => replace(event(w, 10), '"auditseal":{"origin"', '"auditseal":{"origan"'),
      [`changed ${epoch1} #10`],
    ],
    [
      'one that is no JSON any more too',
      (w) => {
        event(w, 0).source = Buffer.from('{"@timestamp":');
      },
      [`changed ${epoch1} #0`],
    ],
    [
      'one with another _id suffix is changed',
      (w) => {
        event(w, 1).id = event(w, 1).id.slice(0, -1) + 'x';
      },
      [`changed ${epoch1} #1`],
    ],
    [
      'one under an _id of another kind is changed: it still claims its index',
      (w) => {
        event(w, 1).id = 'own';
      },
      [`changed ${epoch1} #1`],
    ],
    ['a deleted one is missing', (w) => remove(w.events, event(w, 1)), [`missing ${epoch1} #1`]],
    [
      'a deleted batch of them is missing',
      (w) => w.events.splice(0, 4),
      [0, 1, 2, 3].map((i) => `missing ${epoch1} #${i}`),
    ],
    [
      'two swapped ones are both changed',
      (w) => {
        const [a, b] = [event(w, 0), event(w, 1)];
        [a.source, b.source] = [b.source, a.source];
      },
      [`changed ${epoch1} #0`, `changed ${epoch1} #1`],
    ],
    [
      'one forged with seal fields beside the sealed one is inserted',
      (w) => {
        const { id, source } = event(w, 1);
        w.events.push({
          index: eventsIndex,
          id: `${id.slice(0, -4)}0000`,
          source: Buffer.from(source.toString().replace('get', 'put')),
        });
      },
      [`inserted ${epoch1} #1`],
    ],
    [
      'one forged without seal fields is inserted',
      (w) =>
        w.events.push({
          index: eventsIndex,
          id: 'AbC',
          source: Buffer.from('{"@timestamp":"2026-11-23T00:44:38Z"}'),
        }),
      ['inserted'],
    ],
    [
      'one forged with an unknown origin is inserted',
      (w) =>
        w.events.push({
          index: eventsIndex,
          id: 'AbC',
          source: Buffer.from(
            '{"event":{"sequence":1},"auditseal":{"origin":"prod/cp-9/kube-apiserver/20261123T004438Z","batch":0}}',
          ),
        }),
      ['inserted'],
    ],
    [
      'one forged at the index of a manifest is inserted',
      (w, { vkey }) => {
        void vkey;
        w.events.push({
          index: eventsIndex,
          id: `${event(w, 1).id.slice(0, 16)}-000000000004-0123456789abcdef`,
          source: Buffer.from(event(w, 1).source.toString().replace('"sequence":1}', '"sequence":4}')),
        });
      },
      [`inserted ${epoch1} #4`],
    ],
    [
      'one forged with the _id of a manifest out of place is inserted',
      (w) =>
        w.events.push({
          index: eventsIndex,
          id: `${event(w, 1).id.slice(0, 16)}-000000000004-0123456789abcdef`,
          source: Buffer.from('{}'),
        }),
      [`inserted ${epoch1} #4`],
    ],
    [
      'one forged far above the newest index is inserted',
      (w) =>
        w.events.push({
          index: eventsIndex,
          id: `${event(w, 1).id.slice(0, 16)}-000000999999-0123456789abcdef`,
          source: Buffer.from(`{"auditseal":{"batch":99}}`),
        }),
      [`inserted ${epoch1} #999999`],
    ],
  ])('%s', async (_name, tamper, expected) => {
    const { written, writer, trust } = honest();
    tamper(written, writer);
    const { words: found, summary } = await wordsOf(written, writer, trust);
    expect(found).toEqual(expected);
    expect(summary.exitCode).toBe(1);
  });

  test('one that is found by its _id after all is not missing', async () => {
    const { written, writer } = honest();
    const moved = event(written, 2);
    // Sorted to the end, as if its sequence could not be read from a changed mapping; its bytes are whole.
    const { findings, summary } = await verify(written, { now: writer.now });
    expect(findings).toEqual([]);
    const { memoryStreams } = await import('./streams.ts');
    const streams = memoryStreams(written);
    const { verifyLogs } = await import('../../agent/seal/verify/index.ts');
    const found: Finding[] = [];
    const judgement = verifyLogs(
      {
        ...streams,
        async *events(logs) {
          for await (const document of streams.events(logs)) if (document.id !== moved.id) yield document;
          yield moved;
        },
      },
      { now: writer.now },
    );
    let next = await judgement.next();
    for (; next.done !== true; next = await judgement.next()) found.push(next.value);
    expect(found).toEqual([]);
    expect(next.value).toMatchObject({ events: summary.events, copies: 0 });
  });
});

describe('the refused form', () => {
  test('that nobody signed a refusal for is changed', async () => {
    const { written, writer } = honest();
    const victim = event(written, 2);
    victim.source = refusedForm(victim.source, 'nobody said so');
    expect((await wordsOf(written, writer)).words).toEqual([`changed ${epoch1} #2`]);
  });

  test('whose note is signed by another key or speaks of another index is changed', async () => {
    for (const tamper of [
      (note: StoredDocument) => replace(note, 'auditseal refused v1', 'auditseal refused v2'),
      (note: StoredDocument) => replace(note, '400 doc', '401 doc'),
    ]) {
      const { written, writer } = honest();
      tamper(written.records.find(({ id }) => id.includes('-r'))!);
      expect((await wordsOf(written, writer)).words).toEqual([`changed ${epoch1} #6`]);
    }
  });

  test('may have any message and any packing of the entry, and nothing else', async () => {
    const { written, writer } = honest();
    const form = event(written, 6);
    replace(form, 'failed to parse', 'could not parse');
    expect((await wordsOf(written, writer)).words).toEqual([]);
    replace(form, '"kind":"pipeline_error"', '"kind":"event"');
    expect((await wordsOf(written, writer)).words).toEqual([`changed ${epoch1} #6`]);
  });

  test('with bytes behind the packed entry is changed', async () => {
    const { written, writer } = honest();
    const form = event(written, 6);
    const value = JSON.parse(form.source.toString()) as { 'auditseal.refused': string };
    const packed = Buffer.concat([Buffer.from(value['auditseal.refused'], 'base64'), Buffer.from('more')]);
    replace(form, value['auditseal.refused'], packed.toString('base64'));
    expect((await wordsOf(written, writer)).words).toEqual([`changed ${epoch1} #6`]);
  });

  test('beside the sealed document is inserted', async () => {
    const { written, writer } = honest();
    const { id, source } = event(written, 6);
    const value = JSON.parse(source.toString()) as { 'auditseal.refused': string };
    const { gunzipSync } = await import('node:zlib');
    const entry = gunzipSync(Buffer.from(value['auditseal.refused'], 'base64'));
    expect(formOf(entry, `failed to parse field [x] of "6"`, value['auditseal.refused'])).toEqual(source);
    expect(id.endsWith(leafHash(entry).toString('hex', 0, 8))).toBe(true);
    written.events.push({ index: 'older', id, source: entry });
    expect((await wordsOf(written, writer)).words).toEqual([`inserted ${epoch1} #6`]);
  });
});

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
      ['changed record', 'missing record', 'unproven'].map(
        (f) => `${f} ${epoch1} ${f === 'unproven' ? '#5' : 1}`,
      ),
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
        const at = source.indexOf('\\u2014') < 0 ? source.indexOf('— ') + 60 : 0;
        const text = source.toString();
        void at;
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
    const written = honest().written;
    const life = (raw: string) => {
      const writer = new LogWriter();
      for (let i = 0; i < 3; i += 1)
        writer.batch({ event: (index) => (index < 4 ? '{}' : `{"life":"${raw}${index}"}`) });
      return writer;
    };
    const [one, two] = [life('a'), life('b')];
    void written;
    for (const document of two.written.records)
      if (!one.written.records.some(({ id }) => id === document.id)) one.written.records.push(document);
    const { words: found } = await wordsOf(one.written, one);
    expect(found).toEqual([`fork ${epoch1} 1`, `fork ${epoch1} 2`]);
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

  test('that all come back printed anew could not be checked', async () => {
    const { written, writer, trust } = honest();
    for (const document of written.records)
      document.source = Buffer.from(JSON.stringify(JSON.parse(document.source.toString()), null, 1));
    const { words: found, summary } = await wordsOf(written, writer, trust);
    expect(found).toEqual([]);
    expect(summary).toMatchObject({ verdict: 'could not check', exitCode: 2 });
    expect(summary.obstacle).toContain('do not survive');
  });

  test('of which there is none could not be checked', async () => {
    const writer = new LogWriter();
    const { summary } = await wordsOf(writer.written, writer);
    expect(summary).toMatchObject({ exitCode: 2, obstacle: 'there is no record at all' });
  });
});

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
    const trust: Trust = { v: 1, logs: [{ ...writer.name, vkey: writer.vkey }], operators: [] };
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
    expect(now).toEqual([`unlinked epoch ${secondEpoch}`]);
  });

  test('a linked epoch that names another size or root of the one before shows it', async () => {
    for (const [lie, expected] of [
      [(text: string) => text.replace(/\n\d+\n/u, '\n99\n'), `broken chain ${epoch1} 1`],
      [
        (text: string) => text.replace(/\n[^\n]+\n$/u, `\n${Buffer.alloc(32).toString('base64')}\n`),
        `fork ${epoch1} 1`,
      ],
    ] as const) {
      const writer = new LogWriter();
      writer.batch();
      const log = writer.log;
      const next = new LogWriter({ epoch: secondEpoch });
      writer.batch({ events: 1, notices: [{ kind: 'next', at: writer.now.toISOString(), vkey: next.vkey }] });
      const previous = lie(log.checkpoint!.slice(0, log.checkpoint!.indexOf('\n\n') + 1));
      writer.log = next.log;
      writer.batch({ notices: [{ kind: 'epoch', at: writer.now.toISOString(), reason: 'age', previous }] });
      expect((await wordsOf(writer.written, writer)).words).toEqual([expected]);
    }
  });

  test('a next epoch whose name sorts before is found in a second reading', async () => {
    const writer = new LogWriter();
    const trust: Trust = { v: 1, logs: [{ ...writer.name, vkey: writer.vkey }], operators: [] };
    writer.batch();
    writer.turn('20250101T000000Z');
    const { findings, summary } = await verify(writer.written, { now: writer.now, trust });
    expect(findings.map(({ finding }) => finding)).not.toContain('unproven');
    expect(summary.events).toBe(6);
  });
});

describe('coherence and time', () => {
  test('what a manifest contradicts in itself is incoherent', async () => {
    const writer = new LogWriter();
    writer.batch({ lies: { pieces: 1 } });
    writer.batch({ lies: { dropped: { x: 2 } } });
    const { words: found } = await wordsOf(writer.written, writer);
    expect(found).toEqual([`incoherent ${epoch1} 0`, `incoherent ${epoch1} 1`]);
  });

  test('stretches that do not join are incoherent unless a gap owns up to it', async () => {
    const file = (name: string) => ({ path: `/var/log/${name}`, file: `${name}#0`, mac: '' });
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
    const file = (name: string) => ({ path: `/var/log/${name}`, file: `${name}#0`, mac: '' });
    const make = (after: string) => {
      const writer = new LogWriter();
      writer.batch({ sources: [{ ...file('a'), start: 0, end: 100, lines: 3, ended: true }] });
      const next = new LogWriter({ epoch: secondEpoch });
      writer.heartbeat({
        sources: [],
        notices: [{ kind: 'next', at: writer.now.toISOString(), vkey: next.vkey }],
      });
      const { checkpoint } = writer.log;
      const previous = checkpoint!.slice(0, checkpoint!.indexOf('\n\n') + 1);
      writer.log = next.log;
      writer.batch({
        sources: [{ ...file('b'), start: 0, end: 50, lines: 3, after }],
        notices: [{ kind: 'epoch', at: writer.now.toISOString(), reason: 'age', previous }],
      });
      return writer;
    };
    const [good, bad] = [make('a#0'), make('c#0')];
    expect((await wordsOf(good.written, good)).words).toEqual([]);
    expect((await wordsOf(bad.written, bad)).words).toEqual([`incoherent ${secondEpoch} 0`]);
  });

  test('more than two heartbeats between two batches are silence unless a start or a pause explains them', async () => {
    const at = '2026-11-23T01:00:00.000Z';
    for (const [after, notices, expected] of [
      [120, [], []],
      [121, [], [`silent ${epoch1} 1`]],
      [121, [{ kind: 'start', at }], []],
      [121, [{ kind: 'paused', at, reason: 'spool' }], []],
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
    const at = (seconds: number) => new Date(Date.parse('2026-11-23T00:44:48.000Z') + seconds * 1000);
    expect((await wordsOf(writer.written, writer, undefined, at(120 + 300))).words).toEqual([]);
    const { findings, summary } = await verify(writer.written, { now: at(121 + 300) });
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
      `not yet recorded ${secondEpoch}`,
    ]);
  });

  test('a record sealed after now, with five minutes of tolerance, is sealed in the future', async () => {
    const writer = new LogWriter();
    writer.batch();
    const at = (seconds: number) => new Date(Date.parse('2026-11-23T00:44:38.000Z') + seconds * 1000);
    expect((await wordsOf(writer.written, writer, undefined, at(-300))).words).toEqual([]);
    expect((await wordsOf(writer.written, writer, undefined, at(-301))).words).toEqual([
      `sealed in the future ${epoch1} 0`,
    ]);
  });
});
