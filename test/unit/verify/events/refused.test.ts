import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { formOf, leafHash, refusedForm } from '../../../../agent/seal/index.ts';
import type { StoredDocument } from '../../../../agent/verify/index.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { epoch1, event, honest, replace, wordsOf } from '../../../kit/seal/honest.ts';

/** With bodies, once under an escaped name, and white space between. */
const raw = (index: number) =>
  `{ "requestObject":{"a":[1,{"b":"}"}]} , "verb":"get","r\\u0065questObject":2,"auditID":"${index}","responseObject":null }`;

describe('the refused form', () => {
  test('that nobody signed a refusal for is changed', async () => {
    const { written, writer } = honest();
    const victim = event(written, 2);
    victim.source = refusedForm(victim.source, 'nobody said so', 'event');
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

  test('may have any packing of the entry, and nothing else: neither another message nor another head', async () => {
    const { written, writer } = honest();
    const form = event(written, 6);
    const value = JSON.parse(form.source.toString()) as { 'auditseal.refused': string };
    const entry = gunzipSync(Buffer.from(value['auditseal.refused'], 'base64'));
    replace(form, value['auditseal.refused'], gzipSync(entry, { level: 1 }).toString('base64'));
    expect((await wordsOf(written, writer)).words).toEqual([]);
    for (const [from, to] of [
      ['failed to parse', 'could not parse'],
      ['"kind":"pipeline_error"', '"kind":"event"'],
    ] as const) {
      replace(form, from, to);
      expect((await wordsOf(written, writer)).words).toEqual([`changed ${epoch1} #6`]);
      replace(form, to, from);
    }
    expect((await wordsOf(written, writer)).words).toEqual([]);
  });

  test('without the bodies is another form, which its own note has to name', async () => {
    const writer = new LogWriter();
    writer.batch({ events: 3, event: raw, refused: [1], refusedForm: 'bodies' });
    const { written } = writer;
    expect((await wordsOf(written, writer)).words).toEqual([]);
    const form = written.events[1]!;
    expect(form.source.toString()).toContain(
      ',"kubernetes":{"audit":{ "verb":"get","auditID":"1"}},"error":{',
    );
    const value = JSON.parse(form.source.toString()) as { 'auditseal.refused': string };
    const entry = gunzipSync(Buffer.from(value['auditseal.refused'], 'base64'));
    form.source = formOf(entry, `failed to parse field [x] of "1"`, value['auditseal.refused'], 'event');
    expect((await wordsOf(written, writer)).words).toEqual([`changed ${epoch1} #1`]);
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
    const entry = gunzipSync(Buffer.from(value['auditseal.refused'], 'base64'));
    expect(formOf(entry, `failed to parse field [x] of "6"`, value['auditseal.refused'], 'event')).toEqual(
      source,
    );
    expect(id.endsWith(leafHash(entry).toString('hex', 0, 8))).toBe(true);
    written.events.push({ index: 'older', id, source: entry });
    expect((await wordsOf(written, writer)).words).toEqual([`inserted ${epoch1} #6`]);
  });
});
