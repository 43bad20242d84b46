import { gunzipSync } from 'node:zlib';
import { formOf, importKey, jsonString, noteDocumentId, signNote } from '../../../agent/seal/index.ts';
import type { Notice, SigningKey } from '../../../agent/seal/index.ts';
import { eventsIndex, LogWriter, privateKeyOf } from '../../kit/seal/log.ts';
import { noteDocument } from '../../kit/seal/note.ts';
import { statementCorners } from './corners-statements.ts';
import { generatedScene } from './generated.ts';
import { formIn, isNote, isRecord } from './mutate-parts.ts';
import { lies, sealLie } from './mutate-lies.ts';
import type { Lied } from './mutate-lies.ts';
import { cloneOf } from './mutations.ts';
import { Random } from './random.ts';
import { attackersKey, partsOf, rehash, replaceIn } from './rehash.ts';
import type { Parts } from './rehash.ts';
import type { Scene } from './vectors.ts';

/** A dump at the edge of a rule of docs/seal-format.md §8, which chance seldom finds. */
export interface Corner {
  name: string;
  scene: Scene;
}

/** Every lie about every batch of some scenes, and what is written here by hand. */
export function corners(scenes: readonly Scene[], seed: number): Corner[] {
  const random = new Random(seed);
  const found: Corner[] = [];
  for (const before of scenes)
    for (const at of partsIn(before).keys())
      for (const [kind, tell] of Object.entries(lies)) {
        const scene = cloneOf(before);
        const parts = partsIn(scene)[at]!;
        if (sealLie(scene, parts, (manifest) => tell(manifest, scene, random)))
          found.push({ name: `${kind}: ${parts.document.id}`, scene });
      }
  return [
    ...found,
    ...Object.entries({ ...byHand, ...statementCorners }).flatMap(([name, make]) => make().map((scene) => ({ name, scene }))),
  ];
}

const byHand: Record<string, () => Scene[]> = {
  'as many values as are parsed of a record, and one more': () => {
    const [, without] = partsIn(each([''], withText)[0]!);
    const left = 200_000 - valuesIn(without!.document.source);
    return each([left - 1, left, left + 1].map((count) => ','.repeat(count)), withText);
  },
  'a number that is longer than what is read of one': () =>
    each([16 * 1024, 16 * 1024 + 1], (scene, length) => {
      const [event] = scene.written.events;
      const source = event!.source.toString().replace(/"sequence":(\d+)/u, (_all, digits: string) => `"sequence":${digits}.${'0'.repeat(length - digits.length - 1)}`);
      scene.written.events.push({ ...event!, id: 'no id of ours', source: Buffer.from(source) });
    }),
  'silence with and without an excuse': () =>
    each(['start', 'paused', 'stop', 'drift'], (scene, kind) =>
      lieAt(scene, 5, (m) => {
        m.sealedAt = later(m, 125);
        m.notices = [{ kind, at: m.sealedAt, reason: 'disk' } as Notice];
      }),
    ),
  'two heartbeats, to the millisecond': () =>
    each([119.999, 120, 120.001], (scene, seconds) => {
      const [before] = partsIn(scene);
      const from = Date.parse((JSON.parse(before!.manifest) as Lied).sealedAt);
      lieAt(scene, 1, (m) => (m.sealedAt = new Date(from + 1000 * seconds).toISOString()));
    }),
  'the tolerance, to the millisecond': () =>
    each([-300.001, -300, -299.999, 419.999, 420, 420.001, 430], (scene, seconds) => {
      const newest = Math.max(
        ...partsIn(scene).map(({ manifest }) => Date.parse((JSON.parse(manifest) as Lied).sealedAt)),
      );
      scene.now = new Date(newest + 1000 * seconds);
    }),
  'retention, to the millisecond': () =>
    each([-1, 0, 1], (scene, milliseconds) => {
      scene.written.events.splice(0, 3);
      const { sealedAt } = JSON.parse(partsIn(scene)[0]!.manifest) as Lied;
      scene.now = new Date(Date.parse(sealedAt) + 400 * 86_400_000 - 300_000 + milliseconds);
    }),
  'retention of an epoch that nothing links': () =>
    each([true, false], (scene, trusted) => {
      const forged = new LogWriter({ epoch: '20270101T000000Z', retentionDays: 1e-6 }, scene.written);
      forged.batch();
      scene.written.events.splice(0, 3);
      if (!trusted) delete scene.trust;
    }),
  'an epoch by age without previous, and other words on how it began': () =>
    each(
      [
        [{ reason: 'age' }],
        [{ reason: 'first' }],
        [{ reason: 'state lost', previous: 'nothing' }],
        [{ reason: 'first' }, { reason: 'age' }],
        [{ reason: 'age' }, { reason: 'first' }],
        [{ reason: 1 }],
        [{ reason: 'age', previous: 1 }],
      ],
      (scene, notices) =>
        lieAt(
          scene,
          5,
          (m) => (m.notices = notices.map((notice) => ({ kind: 'epoch', at: '', ...notice }) as Notice)),
        ),
    ),
  'members of a manifest of another type': () =>
    each(manifestsAtTheEdge, (scene, change) => lieAt(scene, 1, (m) => change(m as unknown as Loose))),
  'a name that is not demanded': () =>
    each(['path', 'file', 'mac', 'start', 'end', 'lines', 'after', 'ended'], (scene, name) =>
      lieAt(scene, 1, (m) => delete (m.sources[0] as unknown as Loose)[name]),
    ),
  'a second life with the size of another batch': () =>
    each([0, 1, 2, 3], (scene, extra) => {
      const parts = partsIn(scene)[1]!;
      const next = partsIn(scene)[2]!;
      const life = partsOf({ ...parts.document })!;
      const count = parts.leaves.length + next.leaves.length + 1 + extra - 1;
      const leaves = Array.from({ length: count }, (_, i) => Buffer.alloc(32, i));
      const manifest = JSON.stringify({ ...(JSON.parse(parts.manifest) as Lied), count });
      replaceIn(life, { leaf_hashes: Buffer.concat(leaves).toString('base64'), manifest });
      const alone = { ...scene.written, records: [life.document], events: [] };
      rehash(alone, { origin: life.origin, from: 1, extent: 'batch', signing: 'stolen key' });
      scene.written.records.push(life.document);
    }),
  'a next in a record that does not count': () =>
    each(['second', 'first'], (scene, place) => {
      const parts = partsIn(scene)[3]!;
      const copy = { ...parts.document };
      const life = { ...scene.written, records: [copy], events: [] };
      const key = attackersKey(parts.origin.replace(/[^/]+$/u, '20991231T235959Z'));
      sealLie({ ...scene, written: life }, partsOf(copy)!, (m) =>
        m.notices.push({ kind: 'next', at: '', vkey: key.verifier.text }),
      );
      if (place === 'first') scene.written.records.unshift(copy);
      else scene.written.records.push(copy);
    }),
  'a hole behind batches that overlap': () =>
    each([1, 2, 3], (scene, gone) => {
      const parts = partsIn(scene)[1]!;
      lieAt(scene, 2, (m) => (m.first -= 3));
      scene.written.records = scene.written.records.filter(
        ({ id }) => id !== partsIn(scene)[gone]?.document.id,
      );
      if (gone === 1) scene.written.records.push(parts.document);
    }),
  'a header of gzip with every bit the other way': () =>
    Array.from({ length: 80 }, (_, bit) => bit)
      .filter((bit) => bit % 5 === 0)
      .map((bit) => {
        const scene = generatedScene();
        let shift = 0;
        for (const document of scene.written.events)
          if (document.source.includes(',"auditseal.refused":"')) {
            document.source = withBit(document.source, bit + shift);
            shift += 1;
          }
        return scene;
      }),
  'words of a refusal': () =>
    each(
      ['400 ', '400 a b', 'x y', '400', '400 a\nb', '4.0 a', ' a', '400 a\u0001', '400  ', '٤٠٠ a'],
      (scene, words) => resay(scene, (text) => text.replace(/\n400 [^\n]+\n/u, () => `\n${words}\n`)),
    ),
  'form, index and message of a refusal': () =>
    each(
      [
        ['\nevent\n', '\nbodies\n'],
        ['\nevent\n', '\nEvent\n'],
        ['\nevent\n', '\n'],
        ['\nevent\n', '\nevent\nevent\n'],
        [/[0-9a-f]{64}\n$/u, `${'0'.repeat(64)}\n`],
        [/[0-9a-f](?=\n$)/u, ''],
        [/[0-9a-f]{64}\n$/u, ''],
        [/$/u, 'more\n'],
        ['refused v1', 'refused v2'],
        [/\n(\d+)\n/u, '\n0$1\n'],
      ] as const,
      (scene, [from, to]) => resay(scene, (text) => text.replace(from, to)),
    ),
  'the _id of a note or a marker': () =>
    each([/-[0-9a-f]{16}$/u, /.$/u, /-(?=[0-9a-f]{16}$)/u, /-[rs]/u], (scene, part) => {
      for (const document of scene.written.records.filter((one) => !isRecord(one)))
        document.id = document.id.replace(part, (was) => (was.startsWith('-') ? was.slice(0, -2) : was === '0' ? '1' : '0'));
    }),
  'what may be under way, to the index and the batch': () =>
    each(
      [-1, 0, 1, 2, 3].flatMap((batch) => [-1, 0, 20_001, 20_002, 9e15].map((index) => ({ batch, index }))),
      (scene, { batch, index }) => {
        const newest = partsIn(scene).findLast(({ origin }) => origin.includes('/cp-2/'))!;
        const { origin, old } = newest;
        const place = { sequence: Math.min(Number(old['size']) + index, Number.MAX_SAFE_INTEGER), batch: newest.batch + batch };
        const source = JSON.stringify({ event: { sequence: place.sequence }, auditseal: { origin, batch: place.batch } });
        scene.written.events.push({ index: eventsIndex, id: 'forged', source: Buffer.from(source) });
      },
    ),
  'records that were all printed anew, or all but one, and the events, and deletions': () =>
    each(
      [0, 1].flatMap((kept) => [0, 1, 1000].flatMap((events) => [[], [0], [3, 4, 9]].map((deleted) => ({ kept, events, deleted })))),
      (scene, { kept, events, deleted }) => {
        for (const { document } of partsIn(scene).slice(kept)) document.source = printedAnew(document.source);
        for (const document of scene.written.events.slice(0, events)) document.source = printedAnew(document.source);
        scene.written.events = scene.written.events.filter((_, i) => !deleted.includes(i));
      },
    ),
  'a record of other bytes, the same value or not': () =>
    each(reprints, (scene, [from, to]) => {
      const { document } = partsIn(scene)[1]!;
      const text = document.source.toString();
      if (!text.includes(from)) throw new Error(`${from} is not in a record`);
      document.source = Buffer.from(text.replace(from, () => to), 'latin1');
    }),
  'printed anew and signed by another, or with another root': () =>
    each(['signature', 'root', 'both'], (scene, what) => {
      for (const parts of partsIn(scene)) {
        if (what !== 'root') replaceIn(parts, { checkpoint: parts.checkpoint.replace(/.{9}=\n$/u, 'AAAAAAAA==\n') });
        if (what !== 'signature') replaceIn(parts, { frontier: '' });
        parts.document.source = printedAnew(parts.document.source);
      }
      for (const document of scene.written.events) document.source = printedAnew(document.source);
    }),
  'white space around a document': () =>
    each([0, 1], (scene, before) => {
      for (const document of [...scene.written.events, ...scene.written.records])
        document.source = Buffer.from(
          before ? ` \n\t\r${document.source.toString()}` : `${document.source.toString()} \n`,
        );
    }),
  'an event of another epoch by its bytes, of an own _id': () =>
    each(['', 'x', '0123456789abcdef-000000000001-0123456789abcdef'], (scene, id) => {
      for (const document of scene.written.events)
        if (document.id.endsWith('0')) document.id = `${id}${document.id.slice(-4)}`;
    }),
};

function printedAnew(source: Buffer): Buffer {
  return Buffer.from(JSON.stringify(JSON.parse(source.toString()), null, 1));
}

const reprints: [from: string, to: string][] = [
  ['"batch":1,', '"batch":1.0,'],
  ['"batch":1,', '"batch":1e0,'],
  ['"batch":1,', '"batch":"1",'],
  ['"batch":1,', '"batch":2,"batch":1,'],
  ['"batch":1,', '"batch":1,"batch":2,'],
  ['"batch":1,', '"b\\u0061tch":1,'],
  ['"dropped":0', '"dropped":-0'],
  ['"dropped":0', '"dropped":0.0'],
  ['"dropped":0', '"dropped":1e400'],
  ['"dropped":0', '"dropped":null'],
  ['"dropped_by":{}', '"dropped_by":[]'],
  ['"dropped_by":{}', '"dropped_by":{"__proto__":1}'],
  ['"dropped_by":{}', '"dropped_by":{"a":0}'],
  ['"type":"logs"', '"type":"log\\u0073"'],
  ['"type":"logs"', '"type":"logs\\ud800"'],
  ['"type":"logs"', '"type":"logs\u00ff"'],
  ['{"@timestamp"', '{"more":1,"@timestamp"'],
  ['{"@timestamp"', '{ "@timestamp"'],
  ['{"@timestamp"', '{/**/"@timestamp"'],
  ['{"@timestamp":', '{"@timestamp":1,"@timestamp":'],
  ['"gaps":0,', ''],
];

/** Has each log's key sign other words in its refusal notes, under the `_id` that they give. */
function resay(scene: Scene, change: (text: string) => string): void {
  for (const document of scene.written.records.filter(isNote)) {
    const { auditseal } = JSON.parse(document.source.toString()) as { auditseal: { origin: string; note: string } };
    const key = keyOf(auditseal.origin);
    const text = change(auditseal.note.slice(0, auditseal.note.lastIndexOf('\n\n') + 1));
    document.source = noteDocument(text, key, 'auditseal', scene.now);
    document.id = noteDocumentId(document.id.slice(0, 16), document.id.slice(17, 30), signNote(text, key));
  }
}

type Loose = Record<string, unknown>;

const whole = [9007199254740991, 9007199254740992, -1, 0.5, '0', null];

/** Counts whose names or order tempt: objects that sort numbers first, prototypes, other alphabets, one too long. */
const droppedAtTheEdge: string[] = [
  '{"b":1,"a":0,"B":1,"a.b":0,"a-":0,"a_":0,"a0":0}',
  '{"x":1,"10":0,"9":1,"09":0,"4294967295":0}',
  '{"constructor":1,"toString":1,"hasOwnProperty":0,"valueOf":0}',
  `{"${'r'.repeat(63)}":2}`,
  '{"a":2,"a.":0,"a..b":0}',
  '{"a":-0,"b":2}',
  ...['', '.a', '-a', '_a', '__proto__', 'a b', 'a"b', 'a\\b', 'a/b', 'é', '٤', 'a\n', '\ud800', '\ud83d\ude00', 'r'.repeat(64)].flatMap(
    (name) => [`{${JSON.stringify(name)}:2}`, `{"a":1,${JSON.stringify(name)}:1}`],
  ),
];

const manifestsAtTheEdge: ((manifest: Loose) => void)[] = [
  ...whole.map((value) => (m: Loose) => (m['read'] = value)),
  ...whole.map((value) => (m: Loose) => (m['pieces'] = value)),
  ...whole.map((value) => (m: Loose) => (m['dropped'] = { a: value })),
  ...[[], null, 'x'].map((value) => (m: Loose) => (m['dropped'] = value)),
  (m) => (m['dropped'] = { a: 9007199254740991, b: 1 }),
  (m) => (m['dropped'] = JSON.parse('{"__proto__":2}') as unknown),
  (m) => (m['dropped'] = JSON.parse('{"__proto__":"x"}') as unknown),
  ...droppedAtTheEdge.map((text) => (m: Loose) => (m['dropped'] = JSON.parse(text) as unknown)),
  ...[false, null, 1, 'true'].map((value) => (m: Loose) => (first(m)['ended'] = value)),
  ...[null, 1, ''].map((value) => (m: Loose) => (first(m)['after'] = value)),
  ...[{}, [], null, { path: 'x', file: 'y' }, { file: 'x', offset: 1 }].map(
    (value) => (m: Loose) => (m['gaps'] = [{ reason: 'x', before: value }]),
  ),
  (m) => (m['gaps'] = [{}]),
  (m) => (m['gaps'] = [null]),
  (m) => (m['gaps'] = {}),
  (m) => (m['notices'] = [{}]),
  (m) => (m['notices'] = [{ kind: 'next' }]),
  (m) => (m['notices'] = [{ kind: 'next', vkey: '\ud800' }]),
  (m) => (m['notices'] = [{ kind: 'never heard of', at: 1 }]),
  ...[0, -1, '1', null, 1e-300].map((value) => (m: Loose) => (m['heartbeatSeconds'] = value)),
  ...[0, -1, '1', null, 1e300].map((value) => (m: Loose) => (m['retentionDays'] = value)),
  ...[
    '2026-02-30T00:00:00.000Z',
    '2026-11-23T24:00:00.000Z',
    '2026-11-23T00:44:60.000Z',
    '2026-11-23T00:44:48Z',
    '2026-11-23T00:44:48.000+00:00',
    '2026-11-23t00:44:48.000z',
    '0000-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
  ].map((value) => (m: Loose) => (m['sealedAt'] = value)),
  (m) => (m['v'] = 2),
  (m) => (m['v'] = '1'),
  (m) => delete m['malformed'],
  (m) => delete m['agent'],
  (m) => delete m['earliest'],
];

function first(manifest: Loose): Loose {
  return (manifest['sources'] as Loose[])[0]!;
}

function later({ sealedAt }: Lied, seconds: number): string {
  return new Date(Date.parse(sealedAt) + 1000 * seconds).toISOString();
}

/** A scene for each value, changed by it. */
function each<T>(values: readonly T[], change: (scene: Scene, value: T) => void): Scene[] {
  return values.map((value) => {
    const scene: Scene = generatedScene();
    change(scene, value);
    return scene;
  });
}

function lieAt(scene: Scene, at: number, change: (manifest: Lied) => void): void {
  sealLie(scene, partsIn(scene)[at]!, change);
}

function partsIn({ written }: Scene): Parts[] {
  return written.records.filter(isRecord).flatMap((document) => partsOf(document) ?? []);
}

function keyOf(origin: string): SigningKey {
  return importKey(origin, privateKeyOf(origin));
}

/** A refused form with one bit of its gzip header the other way. */
function withBit(source: Buffer, bit: number): Buffer {
  const value = JSON.parse(source.toString()) as { error: { message: string }; 'auditseal.refused': string };
  const packed = Buffer.from(value['auditseal.refused'], 'base64');
  const entry = gunzipSync(packed);
  packed[Math.floor(bit / 8) % 10]! ^= 1 << (bit % 8);
  const form = formOf(entry, value.error.message, packed.toString('base64'), formIn(source));
  if (!form?.includes(jsonString(value.error.message))) throw new Error('not a refused form');
  return form;
}

/** A batch that is sealed with a notice of this text. */
function withText(scene: Scene, text: string): void {
  lieAt(scene, 1, (m) => (m.notices = [{ kind: 'policy', at: m.sealedAt, text }]));
}

/** As docs/seal-format.md §8.1 counts them. */
function valuesIn(source: Buffer): number {
  return source.toString().replaceAll(/[^,[{]/gu, '').length;
}
