import { describe, expect, inject, test } from 'vitest';
import { generateKey, refusalNote, sha256, signNote, startMarker } from '../../../agent/seal/index.ts';
import { Attacked } from '../../kit/attacked.ts';
import { noteDocument } from '../../kit/seal/note.ts';

const url = inject('elasticsearchUrl');
const message = 'failed to parse field [x] of "1"';
const refusal = {
  index: 1,
  form: 'event',
  status: 400,
  type: 'document_parsing_exception',
  message,
} as const;

describe.concurrent('the message of a refused form', () => {
  test.each(['event', 'bodies'] as const)(
    'that was edited makes it changed, in the form %s',
    async (form) => {
      await using log = await Attacked.make(url, (writer) =>
        writer.batch({ refused: [1], refusedForm: form }),
      );
      const honest = await log.verify();
      expect([honest.findings, honest.code], honest.report).toEqual([[], 0]);
      expect(honest.report).toContain('3 as sealed, 1 of them in refused form');
      const refused = log.events[1]!;
      await log.installation.put(
        'events',
        refused.id,
        log.forge(refused, [/failed to parse/u, 'never asked for']),
      );
      const { findings, code, report } = await log.verify();
      expect([findings, code], report).toEqual([['changed: LOG, index 1, batch 0, id ID-000000000001'], 1]);
    },
  );

  test('with a note for it by another key, under the _id that this note gives, is changed', async () => {
    await using log = await Attacked.make(url, (writer) => writer.batch({ refused: [1] }));
    const refused = log.events[1]!;
    await log.installation.put(
      'events',
      refused.id,
      log.forge(refused, [/failed to parse/u, 'never asked for']),
    );
    const { namespace } = log.installation;
    const said = { ...refusal, message: message.replace('failed to parse', 'never asked for') };
    const note = refusalNote(said, generateKey(log.origin), namespace, log.writer.now);
    await log.create('records', `${log.logId}${note.id.slice(16)}`, note.source);
    const { findings, code, report } = await log.verify();
    expect([findings, code], report).toEqual([['changed: LOG, index 1, batch 0, id ID-000000000001'], 1]);
  });
});

describe.concurrent('ids of notes and markers', () => {
  test('that are taken before the agent comes to them are not those that it uses', async () => {
    await using log = await Attacked.make(url, (writer) => writer.batch());
    const { namespace } = log.installation;
    const { log: sealing, now } = log.writer;
    // All that is known beforehand: the text. What its signature will be is not.
    const mine = generateKey(log.origin);
    const texts = [
      `auditseal start v1\n${log.origin}\n1\n`,
      `auditseal refused v1\n${log.origin}\n1\nevent\n400 x\n${sha256(message).toString('hex')}\n`,
    ];
    for (const [i, place] of ['s1', 'r000000000005'].entries())
      for (const hash of [
        '',
        `-${sha256(texts[i]!).toString('hex', 0, 8)}`,
        `-${sha256(signNote(texts[i]!, mine)).toString('hex', 0, 8)}`,
      ])
        await log.create(
          'records',
          `${log.logId}-${place}${hash}`,
          noteDocument(texts[i]!, mine, namespace, now),
        );
    const before = log.writer.written.records.length;
    log.writer.marker(1);
    log.writer.batch({ refused: [1] });
    expect(log.writer.written.records[before]!.id).toBe(startMarker(1, sealing.key, namespace, now).id);
    // Each is created as the agent would: a 409 is an error here.
    await log.installation.create('records', log.writer.written.records.slice(before));
    await log.installation.create('events', log.events.slice(3));
    const { findings, code, report } = await log.verify();
    expect([findings, code], report).toEqual([[], 0]);
    expect(report).toContain('6 as sealed, 1 of them in refused form');
  });

  test('with a letter of a later version are counted and no finding; a record under one is missing', async () => {
    await using log = await Attacked.make(url);
    for (const id of [`${log.logId}-x1`, 'ffffffffffffffff-q000', `${log.logId}-t9-0000000000000000`])
      await log.create('records', id, `{"@timestamp":"2026-11-23T00:44:38.000Z","new":1}`);
    const { findings, code, report } = await log.verify();
    expect([findings, code], report).toEqual([[], 0]);
    expect(report).toContain(
      'of a later version: 2 documents of the record stream, which count for nothing here',
    );
    const [record] = log.records;
    await log.installation.remove('records', record!.id);
    await log.create('records', record!.id.replace('-b', '-z'), record!.source);
    const hidden = await log.verify();
    expect([hidden.findings, hidden.code], hidden.report).toEqual([
      ['missing record: LOG, batch 0', 'unproven: LOG, index 0 (3 events whose record is missing)'],
      1,
    ]);
  });
});
