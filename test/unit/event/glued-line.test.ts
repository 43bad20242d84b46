import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitGlued } from '../../../agent/event/index.ts';
import { linesOf } from '../../kit/events.ts';

const samples = linesOf('test/kit/fixtures/samples.jsonl');
const start = '{"kind":"Event","apiVersion":"audit.k8s.io/v1",';
const whole = `${start}"stage":"Panic"}`;
const other = `${start}"verb":"get","a":[{}]}`;
const forged = `${start}"user":{"username":"alice"}}`;

const split = (line: string) => splitGlued(Buffer.from(line))?.map((piece) => piece.toString());

describe('a glued line is split', () => {
  test('at every place where a recorded event can tear, whatever event follows', () => {
    const sample = fc.integer({ min: 0, max: samples.length - 1 }).map((index) => samples[index] as Buffer);
    fc.assert(
      fc.property(sample, sample, fc.double({ min: 0, max: 1, noNaN: true }), (torn, event, where) => {
        const piece = torn.subarray(0, Math.floor(where * (torn.length - 1)));
        const pieces = splitGlued(Buffer.concat([piece, event]));
        if (piece.length === 0) expect(pieces).toBeUndefined();
        else expect(pieces?.map((one) => one.toString())).toEqual([piece.toString(), event.toString()]);
      }),
      { numRuns: 1000 },
    );
  });

  test('where each byte of a small event is the last one written', () => {
    const torn = `${start}"a":"x\\"y","b":[1.5e3,true,null,{"c":{}}],"requestObject":${forged}}`;
    for (let length = 1; length < torn.length; length++) {
      expect(split(torn.slice(0, length) + whole)).toEqual([torn.slice(0, length), whole]);
    }
  });

  test('in the middle of a character', () => {
    const torn = Buffer.from(`${start}"a":"é`).subarray(0, -1);
    expect(splitGlued(Buffer.concat([torn, Buffer.from(whole)]))?.map((piece) => piece.length)).toEqual([
      torn.length,
      whole.length,
    ]);
  });

  test.each([
    ['whole events', [whole, other], [whole, other]],
    ['three whole events', [whole, other, forged], [whole, other, forged]],
    [
      'a whole event, a torn one and a whole one',
      [whole, `${start}"a":"`, other],
      [whole, `${start}"a":"`, other],
    ],
    [
      'two torn ones, left together',
      [`${start}"a":`, `${start}"b":{`, other],
      [`${start}"a":${start}"b":{`, other],
    ],
    [
      'an object and two events, of which only the last is told apart',
      ['{}', whole, other],
      [`{}${whole}`, other],
    ],
    ['the NULs of a hole', ['\u0000\u0000\u0000', whole], ['\u0000\u0000\u0000', whole]],
  ])('into %s', (_, parts, pieces) => {
    expect(split(parts.join(''))).toEqual(pieces);
  });
});

describe('a line is not split', () => {
  test.each([
    ['an event', whole],
    ['an event that holds one', `${start}"requestObject":${forged}}`],
    ['an event that holds one as text', `${start}"a":${JSON.stringify(forged)}}`],
    ['a torn event that holds one', `${start}"requestObject":${forged},"a`],
    ['a torn event whose last value is one but for a brace', `${start}"requestObject":{"items":[${forged}]}`],
    ['a torn event after a torn event', `${start}"a":"${start}"b"`],
    ['a whole event and a torn one', `${whole}${start}"b"`],
    ['a core Event', `x{"kind":"Event","apiVersion":"v1","a":1}`],
    ['an event and a word', `${whole}x`],
    ['text', 'x'],
    ['nothing', ''],
  ])('that is %s', (_, line) => {
    expect(split(line)).toBeUndefined();
  });

  test('into an object that a client put into the torn event before the real one', () => {
    const torn = `${start}"requestObject":{"items":[${forged}`;
    expect(split(torn + whole)).toEqual([torn, whole]);
  });

  test('in more than linear time, however many beginnings a body nests or lists', () => {
    const count = 50_000;
    const nested = `${start}"x":`.repeat(count);
    const listed = `${start}"x":[${Array<string>(count).fill(forged).join(',')}`;
    // A fraction of a second; one parse for each of the beginnings would take hours, and the runner would end it.
    expect(split(`${nested}"${whole}`)?.length).toBe(2);
    expect(split(`${nested}tru`)).toBeUndefined();
    expect(split(`${listed},`)).toBeUndefined();
    expect(split(`${listed},${whole}`)?.length).toBe(2);
  });
});
