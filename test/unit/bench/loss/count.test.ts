import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeArrival } from '../../../../bench/loss/arrivals.ts';
import { count, listEntry } from '../../../../bench/loss/count.ts';
import { eventIn } from '../../../../bench/loss/extract.ts';
import { lineOfNumber } from '../../../../bench/loss/line.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-count-'));
});
afterAll(() => rm(folder, { recursive: true }));

const lines = Array.from({ length: 100 }, (_, n) => lineOfNumber(n));
const events = lines.map((line) => line.subarray(0, -1));

async function counted(arrivals: readonly Buffer[]) {
  const [list, arrived] = [join(folder, 'list'), join(folder, 'arrivals')];
  await writeFile(list, lines.map(listEntry).join(''));
  await writeFile(arrived, Buffer.concat(arrivals.flatMap(encodeArrival)));
  return await count(list, arrived);
}

describe('what the loss bench counts', () => {
  test('is nothing when each event arrives once, in any order', async () => {
    expect(await counted(events.toReversed())).toStrictEqual({
      written: 100,
      arrived: 100,
      lost: 0,
      duplicated: 0,
      damaged: 0,
      samples: [],
    });
  });

  test('is a loss where one event is missing', async () => {
    const result = await counted(events.toSpliced(41, 1));
    expect(result).toMatchObject({ arrived: 99, lost: 1, duplicated: 0, damaged: 0 });
    expect(result.samples).toStrictEqual(['lost: event 41 of 100']);
  });

  test('is a duplicate for each time too many', async () => {
    const result = await counted([...events, events[7]!, events[7]!]);
    expect(result).toMatchObject({ arrived: 102, lost: 0, duplicated: 2, damaged: 0 });
  });

  test('is a damaged event where one byte of one was changed', async () => {
    const changed = Buffer.from(events[12]!);
    const at = changed.indexOf('"verb":"create"') + 8;
    changed[at] = changed[at]! ^ 1;
    const result = await counted(events.with(12, changed));
    expect(result).toMatchObject({ arrived: 100, lost: 0, duplicated: 0, damaged: 1 });
  });

  test('is a damaged event and a lost one where the byte is in what names it', async () => {
    const changed = Buffer.from(events[12]!);
    changed[changed.indexOf('"auditID":"') + 12] = 0x78;
    const result = await counted(events.with(12, changed));
    expect(result).toMatchObject({ lost: 1, duplicated: 0, damaged: 1 });
  });

  test('is a damaged event where one was printed again by a JSON library', async () => {
    const printed = Buffer.from(JSON.stringify(JSON.parse(events[3]!.toString())));
    expect(await counted(events.with(3, printed))).toMatchObject({ lost: 0, duplicated: 0, damaged: 1 });
  });

  test('is one loss, one duplicate and one damaged event where all of them happen', async () => {
    const cut = events[99]!.subarray(0, -1);
    const result = await counted([...events.slice(1, 99), events[50]!, cut]);
    expect(result).toMatchObject({ written: 100, arrived: 100, lost: 1, duplicated: 1, damaged: 1 });
  });

  test('is an error, not a count, where the file of arrivals ends within an event', async () => {
    const arrived = join(folder, 'arrivals');
    await counted(events);
    await writeFile(arrived, Buffer.concat(encodeArrival(events[0]!)).subarray(0, -1));
    await expect(count(join(folder, 'list'), arrived)).rejects.toThrow('ends within an event');
  });
});

describe('an event is found in', () => {
  const event = events[5]!;

  test('a document of auditseal, as its last member', () => {
    const document = Buffer.concat([
      Buffer.from('{"@timestamp":"x","kubernetes.audit":{},"kubernetes":{"audit":'),
      event,
      Buffer.from('}}'),
    ]);
    expect(eventIn(document, 'auditseal')).toStrictEqual(event);
  });

  test('a document that is the event', () => {
    expect(eventIn(event, 'document')).toStrictEqual(event);
  });

  test('the text of a message, escapes undone', () => {
    const document = Buffer.from(JSON.stringify({ message: event.toString() }).replaceAll('&', '\\u0026'));
    expect(eventIn(document, 'message')).toStrictEqual(event);
  });
});
