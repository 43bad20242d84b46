import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  formOf,
  jsonString,
  manifestBytes,
  recordBytes,
  refusedForm,
  Tally,
} from '../../../../agent/seal/index.ts';
import type { Manifest } from '../../../../agent/seal/index.ts';
import { judgeRecord } from '../../../../agent/verify/records/record.ts';
import { LogWriter } from '../../../kit/seal/log.ts';

const head = '{"@timestamp":"2026-11-23T00:44:38Z","event":{"kind":"event","sequence":1}';

describe('the refused form', () => {
  test('is the entry’s head, the error and the packed entry', () => {
    const entry = Buffer.from(`${head},"kubernetes":{"audit":{"a":",\\"kubernetes\\":{\\"audit\\":"}}}`);
    const form = refusedForm(entry, 'no "such" field', 'event');
    const { 'auditseal.refused': packed, ...rest } = JSON.parse(form.toString()) as Record<string, unknown>;
    expect(rest).toEqual({
      '@timestamp': '2026-11-23T00:44:38Z',
      event: { kind: 'pipeline_error', sequence: 1 },
      error: { message: 'no "such" field' },
    });
    expect(gunzipSync(Buffer.from(String(packed), 'base64'))).toEqual(entry);
    expect(formOf(entry, 'no "such" field', String(packed), 'event')).toEqual(form);
  });

  test('of an entry without an audit event is cut before its last brace', () => {
    const entry = Buffer.from(`${head},"message":"x"}`);
    const text = refusedForm(entry, 'no', 'event').toString();
    expect(
      text.startsWith(
        `${head.replace('"event"}', '').replace('{"kind":"event"', '{"kind":"pipeline_error"')},"message":"x","error":`,
      ),
    ).toBe(true);
  });
});

describe('strings', () => {
  test('escape what JSON must and nothing else', () => {
    expect(jsonString('a"\\\n\u0001\u001f\u2028é\u007f/<')).toBe(
      '"a\\"\\\\\\n\\u0001\\u001f\u2028é\u007f/<"',
    );
    expect(jsonString('\ud800')).toBe('"\ufffd"');
  });
});

describe('a record', () => {
  const writer = new LogWriter();
  writer.batch({ events: 2, dropped: 1 });
  const [record] = writer.written.records;

  test('is a pure function of its parts', () => {
    const { record: judged, survived, claim } = judgeRecord(record!, writer.written.namespace);
    expect(survived).toBe('bytes');
    expect(claim).toEqual({ origin: writer.origin, batch: 0 });
    const { auditseal } = JSON.parse(record!.source.toString()) as { auditseal: Record<string, string> };
    const parts = {
      namespace: writer.written.namespace,
      manifest: judged!.manifest,
      manifestText: auditseal['manifest']!,
      checkpoint: auditseal['checkpoint']!,
      vkey: auditseal['vkey']!,
      leafHashes: judged!.leafHashes,
      frontier: Buffer.alloc(0),
    };
    expect(recordBytes(parts)).toEqual(record!.source);
    expect(manifestBytes(JSON.parse(auditseal['manifest']!) as Manifest).toString()).toBe(
      auditseal['manifest'],
    );
  });

  test('has what each rule dropped, sorted by name as bytes, however the manifest orders it', () => {
    const lied = new LogWriter();
    const dropped = { b: 1, a: 2, 'a.b': 3, 'a-': 4, a0: 5, B: 6, 10: 7, 9: 8, constructor: 0 };
    lied.batch({ lies: { dropped } });
    const [sealed] = lied.written.records;
    expect(sealed!.source.toString()).toContain(
      '"dropped":36,"dropped_by":{"10":7,"9":8,"B":6,"a":2,"a-":4,"a.b":3,"a0":5,"b":1,"constructor":0},"gaps":0,',
    );
    expect(judgeRecord(sealed!, lied.written.namespace)).toMatchObject({ survived: 'bytes', detail: '' });
  });

  test('of a batch that dropped nothing says so', () => {
    const none = new LogWriter();
    none.heartbeat();
    expect(none.written.records[0]!.source.toString()).toContain('"dropped":0,"dropped_by":{},"gaps":0,');
  });

  test.each(['', '.a', '-a', '_a', 'a b', 'a"b', 'a\\b', 'a/b', 'é', 'r'.repeat(64), '\ud800', '__proto__'])(
    'is none where something was dropped under %j, which is no name of a rule',
    (name) => {
      const lied = new LogWriter();
      lied.batch({ lies: { dropped: JSON.parse(`{"a":1,${JSON.stringify(name)}:1}`) as unknown } });
      expect(judgeRecord(lied.written.records[0]!, lied.written.namespace).failure).toBe('form');
    },
  );

  test.each<[string, (text: string) => string, string]>([
    ['a member more', (text) => text.replace('{"v":1,', '{"v":1,"x":0,'), 'form'],
    [
      'another namespace',
      (text) => text.replaceAll('"namespace":"auditseal"', '"namespace":"other"'),
      'form',
    ],
    ['another count of a rule', (text) => text.replace('"rule-3":1}', '"rule-3":2}'), 'form'],
    ['another rule', (text) => text.replace('"rule-3":1}', '"rule-4":1}'), 'form'],
    ['no counts of rules', (text) => text.replace(',"dropped_by":{"rule-3":1}', ''), 'form'],
    ['another count of gaps', (text) => text.replace('"gaps":0', '"gaps":1'), 'form'],
    ['a manifest of version 2', (text) => text.replace('{\\"v\\":1', '{\\"v\\":2'), 'form'],
    [
      'non-canonical base64',
      (text) =>
        text.replace(
          /(.)="(,"frontier")/u,
          (_all, last: string, rest: string) => `${String.fromCodePoint(last.codePointAt(0)! + 1)}="${rest}`,
        ),
      'form',
    ],
    [
      'a changed manifest',
      (text) => text.replace('cp-1/kube', 'cp-1/kube').replace('\\"malformed\\":0', '\\"malformed\\":1'),
      'content',
    ],
    [
      'a leaf hash less',
      (text) =>
        text.replace(/"leaf_hashes":"[^"]*"/u, `"leaf_hashes":"${Buffer.alloc(32).toString('base64')}"`),
      'content',
    ],
    [
      'a frontier hash more',
      (text) => text.replace('"frontier":""', `"frontier":"${Buffer.alloc(32).toString('base64')}"`),
      'content',
    ],
    ['another size signed', (text) => text.replace('\\n3\\n', '\\n4\\n'), 'signature'],
    ['no JSON', (text) => text.slice(1), 'form'],
  ])('with %s fails', (_what, change, failure) => {
    const text = record!.source.toString();
    const changed = change(text);
    expect(changed).not.toBe(text);
    const judged = judgeRecord({ ...record!, source: Buffer.from(changed) }, writer.written.namespace);
    expect([judged.failure, judged.record]).toEqual([failure, undefined]);
  });

  test.each<[string, (text: string) => string]>([
    [
      'another order',
      (text) => text.replace('"v":1,"origin"', '"origin"').replace(',"batch":0', ',"batch":0,"v":1'),
    ],
    ['an escape more', (text) => text.replace('"origin"', '"\\u006frigin"')],
    ['a space more', (text) => text.replace('{', '{ ')],
    ['a number in other words', (text) => text.replace('"batch":0', '"batch":-0e1')],
  ])('with %s is judged on by its value', (_what, change) => {
    const text = record!.source.toString();
    const changed = change(text);
    expect(changed).not.toBe(text);
    const judged = judgeRecord({ ...record!, source: Buffer.from(changed) }, writer.written.namespace);
    expect(judged).toMatchObject({ survived: 'value', record: { size: 3 } });
    expect(judged.failure).toBeUndefined();
  });

  test('under another _id fails', () => {
    const judged = judgeRecord({ ...record!, id: `${record!.id}0` }, writer.written.namespace);
    expect(judged.failure).toBe('content');
  });
});

test('a rule may have the name of what every object has', () => {
  const tally = new Tally();
  for (const rule of ['constructor', 'toString', 'constructor']) tally.count(tally.dropped, rule);
  expect(JSON.stringify(tally.dropped)).toBe('{"constructor":2,"toString":1}');
});
