import type { Statement } from '../../agent/seal/index.ts';
import { operatorKey, signedText, statementDocument } from '../seal/operator.ts';
import { first, place, second, statementScene } from '../seal/statement-scene.ts';
import type { Scene } from './vectors.ts';

const at = '2026-11-23T01:00:00.000Z';
const why = 'ticket 4711';

/** Dumps at the edge of what docs/seal-format.md §6 and §8.4 say of statements. */
export const statementCorners: Record<string, () => Scene[]> = {
  'statements that reach and that do not': () =>
    said([
      { kind: 'retire', log: place, at, why },
      { kind: 'acknowledge', log: second, at, why },
      { kind: 'acknowledge', log: first, at, why },
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
          { kind: 'retire', log: place, at: time, why },
          { kind: 'acknowledge', log: second, at: time, why },
          { kind: 'acknowledge', log: first, batches: { first: 0, last: 9 }, at: time, why },
        ]),
    ),
  'texts of a statement': () => texts.map((text) => sceneWith(signedText(text, operatorKey()))),
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
    said([{ kind: 'acknowledge', log: second, at, why }]).map((scene) => {
      scene.trust!.logs.pop();
      return scene;
    }),
  'statements without a trust file': () =>
    said([{ kind: 'retire', log: place, at, why }]).map(({ trust: _trust, ...scene }) => scene),
  'a statement in bytes that are not UTF-8': () => {
    const document = statementDocument({ kind: 'retire', log: place, at, why: 'it was \ufffd' });
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

const texts = [
  `${head}${good}\n`,
  `${head}${good}\n\n`,
  `${head}\n${good}\n`,
  `${head.replace('v1', 'v2')}${good}\n`,
  ` ${head}${good}\n`,
  `${head}[${good}]\n`,
  `${head}null\n`,
  `${head}\n`,
  `${head}{"kind":"retire","log":"${place}","at":"${at}","why":"x"}\n`,
  `${head}{"kind":"retire","log":"${first}","at":"${at}","why":"x"}\n`,
  `${head}{"kind":"retire","log":"${place}","first":0,"last":1,"at":"${at}","why":"x"}\n`,
  ...edits.map(([from, to]) => {
    if (!good.includes(from)) throw new Error(`${from} is not in a statement`);
    return `${head}${good.replace(from, () => to)}\n`;
  }),
];
