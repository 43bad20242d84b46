import { logName } from '../../../agent/seal/index.ts';
import type { Statement } from '../../../agent/seal/index.ts';
import { eraserKey, operatorKey, signedText, statementDocument } from '../../kit/seal/operator.ts';
import { first, firstLast, second, secondLast, statementScene } from '../../kit/seal/statement-scene.ts';
import { LogWriter } from '../../kit/seal/log.ts';
import { cloneOf } from './mutations.ts';
import { isRecord, placeOf } from './mutate-parts.ts';
import { partsOf } from './rehash.ts';
import type { Scene } from './vectors.ts';

const at = '2026-11-23T01:00:00.000Z';
const why = 'ticket 4711';
const place = logName(first);
const retired: Statement = { kind: 'retire', log: second, last: secondLast, at, why };
const epoch: Statement = { kind: 'acknowledge', log: second, after: first, last: firstLast, at, why };
const batchMax = Number.MAX_SAFE_INTEGER;

/** Dumps at the edge of what docs/seal-format.md §6 and §8.4 say of statements. */
export const statementCorners: Record<string, () => Scene[]> = {
  'statements that reach and that do not': () =>
    said([
      ...[0, 1, 2, 3, 4, batchMax].flatMap((last): Statement[] => [
        { ...retired, last },
        { ...retired, log: first, last },
        { ...epoch, last },
        { ...epoch, after: `${place}/20261123T014438Z`, last },
        { ...epoch, log: `${place}/20261123T034438Z`, after: second, last },
        { ...epoch, log: `${place}/20261123T034438Z`, last },
      ]),
      ...[0, 1, 2, 3, 4].flatMap((from) =>
        [0, 1, 2, 9].map(
          (more): Statement => ({
            kind: 'acknowledge',
            log: first,
            batches: { first: from, last: from + more },
            at,
            why,
          }),
        ),
      ),
    ]),
  'statements and time, to the millisecond': () =>
    said(
      ['00:44:48', '00:44:58', '00:48:18', '00:48:28', '00:48:38', '01:58:48']
        .flatMap((time) => [-1, 0, 1].map((milliseconds) => moved(time, milliseconds)))
        .flatMap((time): Statement[] => [
          { ...retired, at: time },
          { ...epoch, at: time },
          { kind: 'acknowledge', log: first, batches: { first: 0, last: 9 }, at: time, why },
        ]),
    ),
  'ends that were moved after they were signed': () =>
    said([retired, epoch]).flatMap((scene) =>
      [
        [first, 3],
        [first, 2, 3],
        [first, 0, 1, 2, 3],
        [first, 0],
        [second, 1],
        [second, 0],
        [second, 0, 1],
      ].map(([origin, ...batches]) => {
        const after = cloneOf(scene);
        const { written } = after;
        const isGone = ({ origin: of, batch }: { origin: string; batch: number }) =>
          of === origin && batches.includes(batch);
        written.records = written.records.filter((each) => !isRecord(each) || !isGone(partsOf(each)!));
        written.events = written.events.filter((each) => !isGone(placeOf(each)));
        return after;
      }),
    ),
  'an end that went on after it was signed': () =>
    said([{ ...retired, last: secondLast - 1 }, { ...epoch, last: firstLast - 1 }]),
  'an epoch in between that came to light': () =>
    [epoch, { ...epoch, after: `${place}/20261123T014438Z`, last: 0 }].map((statement) => {
      const scene = sceneWith(statementDocument(statement));
      const writer = new LogWriter({ epoch: '20261123T014438Z', at: '2026-11-23T00:48:00.000Z' }, scene.written);
      writer.batch();
      scene.trust!.logs.push({ ...writer.name, vkey: writer.vkey });
      return scene;
    }),
  'texts of a statement': () => texts.map((text) => sceneWith(signedText(text, operatorKey()))),
  'texts of a statement that takes events away': () =>
    taking.flatMap((text) =>
      [eraserKey(), operatorKey()].map((key) => {
        const scene = sceneWith(signedText(`${head}${text}\n`, key));
        scene.written.events.splice(0, 2);
        return scene;
      }),
    ),
  'events that were taken away, and time': () =>
    [-300_001, -300_000, -299_999, 0, 86_100_000, 86_400_000].flatMap((milliseconds) =>
      ['erase', 'retention'].map((kind) => {
        const signed = new Date(Date.parse('2026-11-23T00:44:38.000Z') + milliseconds).toISOString();
        const common = { log: first, at: signed, why };
        const statement: Statement =
          kind === 'erase'
            ? { kind: 'erase', ...common, indexes: [{ first: 0, last: 4 }] }
            : { kind: 'retention', ...common, batches: { first: 0, last: 0 }, days: 1 };
        const scene = sceneWith(statementDocument(statement, eraserKey()));
        scene.written.events.splice(0, 2);
        scene.now = new Date(Date.parse('2026-11-24T00:44:38.000Z') - 300_000 + (milliseconds % 2));
        return scene;
      }),
    ),
  'a clock that steps back, acknowledged or not': () =>
    [[], [1], [2], [1, 2], [3], [0, 1, 2, 3]].flatMap((acknowledged) =>
      [[0, 86_400, -86_400, 0], [0, 400, -400, 299], [0, -301, -301, 900], [86_400, -50_000, 0, 0]].map((steps) => {
        const writer = new LogWriter({ retentionDays: 1 });
        for (const seconds of steps) {
          writer.now = new Date(writer.now.getTime() + 1000 * seconds);
          writer.batch();
        }
        const documents = acknowledged.map((batch) =>
          statementDocument({ kind: 'acknowledge', log: writer.origin, batches: { first: batch, last: batch }, at: '2027-01-01T00:00:00.000Z', why }),
        );
        writer.written.records.push(...documents);
        writer.written.events.splice(0, 1);
        writer.written.events.splice(4, 1);
        writer.written.events.splice(-1, 1);
        return {
          written: writer.written,
          trust: { v: 1 as const, logs: [{ ...writer.name, vkey: writer.vkey }], operators: [operatorKey().verifier.text], erasers: [] },
          now: new Date('2026-11-24T12:00:00.000Z'),
        };
      }),
    ),
  'names of an operator': () =>
    ['x', 'a/b/c', 'a/b/c/d', 'example.com/ops', 'ops@example.com:1', 'öps', 'a b', 'a,b', '\u0085x'].map(
      (name) => {
        const key = operatorKey(name);
        const scene = sceneWith(
          statementDocument({ kind: 'acknowledge', log: first, batches: { first: 0, last: 9 }, at, why }, key),
        );
        scene.trust!.operators = [key.verifier.text];
        return scene;
      },
    ),
  'an epoch that nobody speaks for': () =>
    said([epoch]).map((scene) => {
      scene.trust!.logs.pop();
      return scene;
    }),
  'statements without a trust file': () =>
    said([retired, epoch]).map(({ trust: _trust, ...scene }) => scene),
  'a statement in bytes that are not UTF-8': () => {
    const document = statementDocument({ ...retired, why: 'it was \ufffd' });
    const text = document.source.toString('latin1');
    const broken = text.replace('\u00ef\u00bf\u00bd', '\u00ff');
    if (broken === text) throw new Error('nothing was replaced');
    return [Buffer.from(broken, 'latin1'), document.source].map((source) =>
      sceneWith({ ...document, source }),
    );
  },
};

function said(statements: readonly Statement[]): Scene[] {
  return statements.map((statement) => sceneWith(statementDocument(statement)));
}

function sceneWith(document: ReturnType<typeof statementDocument>): Scene {
  const scene = statementScene();
  scene.written.records.push(document);
  return scene;
}

/** Five minutes before this time, and so many milliseconds. */
function moved(time: string, milliseconds: number): string {
  return new Date(Date.parse(`2026-11-23T${time}.000Z`) - 300_000 + milliseconds).toISOString();
}

const head = 'auditseal statement v1\n';
const good = `{"kind":"acknowledge","log":"${first}","first":0,"last":9,"at":"${at}","why":"x"}`;
const edits: [string, string][] = [
  ['acknowledge', 'erase'],
  ['"kind"', ' "kind"'],
  [',"why":"x"', ''],
  ['"x"', '""'],
  ['"x"', '"\\u0078"'],
  ['"x"', '"\\/"'],
  ['"x"', '"\\n"'],
  ['"x"', '"\\u000a"'],
  ['"x"', '"\\u001f"'],
  ['"x"', '"\\u001F"'],
  ['"x"', '"\\ud800"'],
  ['"x"', '"\\ud83d\\ude00"'],
  ['"x"', '"😀\u007f\u2028"'],
  ['"x"', 'null'],
  ['"x"', '" "'],
  ['"x"}', '"x","until":1}'],
  ['"x"}', '"x"}}'],
  ['"x"}', '"x"} '],
  ['"first":0', '"first":10'],
  ['"first":0', '"first":0.0'],
  ['"first":0', '"first":-0'],
  ['"first":0', '"first":00'],
  ['"first":0', '"first":0e0'],
  ['"first":0', '"first":"0"'],
  ['"first":0', '"first":null'],
  ['"first":0,', ''],
  ['"last":9,', ''],
  ['"last":9', '"last":9007199254740991'],
  ['"last":9', '"last":9007199254740992'],
  ['"last":9', '"last":9,"last":9'],
  ['"first":0,"last":9', '"last":9,"first":0'],
  [first, place],
  [first, `${first}/x`],
  [first, `${first} `],
  ['2026-11-23T01', '2026-11-31T01'],
  ['2026-11-23T01', '2026-11-23T24'],
  ['00.000Z', '00Z'],
  ['00.000Z', '00.000+00:00'],
  ['00.000Z', '60.000Z'],
  ['2026', '0000'],
];

const ends = [
  `{"kind":"retire","log":"${second}","last":1,"at":"${at}","why":"x"}`,
  `{"kind":"acknowledge","log":"${second}","after":"${first}","last":3,"at":"${at}","why":"x"}`,
];
/** Of a `last` that is right: other spellings, none, and what is no batch number. */
const lasts = ['-N', 'Ne0', 'N.0', '0N', '"N"', 'null', '[N]', '1e300', '9007199254740992', 'N,"last":N', 'N '];
/** Of the members of an end: other orders, and others. */
const endEdits: [RegExp, string][] = [
  [/"last":\d,/u, ''],
  [/"last"/u, '"first":0,"last"'],
  [/"last"/u, '"Last"'],
  [/("log":"[^"]+"),(.*?)("last":\d)/u, '$2$3,$1'],
  [/("after":"[^"]+"),("last":\d)/u, '$2,$1'],
  [/"after":"[^"]+",/u, ''],
  [/"log":"[^"]+"/u, `"log":"${place}"`],
  [/"log":"[^"]+"/u, `"log":"${first}"`],
  ...[
    second,
    `${place}/20261123T034438Z`,
    place,
    '',
    'prod/cp-2/kube-apiserver/20261123T004438Z',
    'prod/cp-1/kube-apiserver2/20261123T004438Z',
    `${first}/x`,
    `${first}\\n`,
  ].map((after): [RegExp, string] => [/"after":"[^"]+"/u, `"after":"${after}"`]),
  [/"after":"[^"]+"/u, '"after":null'],
  [/"kind":"retire","log":"[^"]+"/u, `$&,"after":"${first}"`],
];

/** Of members of statements that take events away. */
const taking = [
  ...['1', '0', '400', '1.0', '01', '-1', '1e2', '9007199254740992', '"1"', 'null'].map(
    (days) => `{"kind":"retention","log":"${first}","first":0,"last":9,"days":${days},"at":"${at}","why":"x"}`,
  ),
  `{"kind":"retention","log":"${first}","first":3,"last":2,"days":1,"at":"${at}","why":"x"}`,
  `{"kind":"retention","log":"${first}","last":2,"days":1,"at":"${at}","why":"x"}`,
  `{"kind":"retention","log":"${first}","days":1,"first":0,"last":2,"at":"${at}","why":"x"}`,
  `{"kind":"erase","log":"${first}","indexes":[1],"at":"${at}","why":"x"}`,
  `{"kind":"erase","log":"${first}","first":0,"last":2,"indexes":"1","at":"${at}","why":"x"}`,
  ...[
    '0', '1', '0-99', '0,2', '0,2-3,5', '0,1', '0-1,2', '2,0', '1-1', '2-1', '', ',', '1,', ',1', ' 1', '1 -2', '01', '1-02',
    '1-', '-1', '1-2-3', '9007199254740990-9007199254740991', '9007199254740991-9007199254740992', '1e1', '+1', '\u0031', '\\u0031',
  ].map((indexes) => `{"kind":"erase","log":"${first}","indexes":"${indexes}","at":"${at}","why":"x"}`),
];

const texts = [
  `${head}${good}\n`,
  `${head}${good}\n\n`,
  `${head}\n${good}\n`,
  `${head.replace('v1', 'v2')}${good}\n`,
  ` ${head}${good}\n`,
  `${head}[${good}]\n`,
  `${head}null\n`,
  `${head}\n`,
  ...ends.flatMap((end) =>
    [
      end,
      ...lasts.map((last) =>
        end.replace(/"last":(\d)/u, (_all, number: string) => `"last":${last.replaceAll('N', number)}`),
      ),
      ...endEdits.flatMap(([from, to]) => (from.test(end) ? [end.replace(from, to)] : [])),
    ].map((members) => `${head}${members}\n`),
  ),
  ...edits.map(([from, to]) => {
    if (!good.includes(from)) throw new Error(`${from} is not in a statement`);
    return `${head}${good.replace(from, () => to)}\n`;
  }),
];
