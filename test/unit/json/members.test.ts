import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutMembers,
  JsonError,
  JsonScanner,
  keyOf,
  members,
  parseJson,
  StreamingCutter,
} from '../../../agent/json/index.ts';
import { objectText } from './texts.ts';

const bodies = new Set(['requestObject', 'a']);

function cut(text: string, keys: ReadonlySet<string> = bodies): string {
  return Buffer.concat(cutMembers(Buffer.from(text), keys)).toString();
}

function stream(text: Buffer, sizes: readonly number[], keys = bodies, outputBytesMax = 1 << 20) {
  const cutter = new StreamingCutter(keys, outputBytesMax);
  let at = 0;
  for (let turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] ?? text.length;
    // One buffer that is overwritten after each write, as a reader that reuses its own does.
    const piece = Buffer.from(text.subarray(at, at + size));
    cutter.write(piece);
    piece.fill(0);
    at += size;
  }
  return cutter.end();
}

function parses(text: string): boolean {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function scans(text: Buffer): boolean {
  const scanner = new JsonScanner();
  for (let at = 0; at < text.length && !scanner.broken;) at = scanner.next(text, at);
  return scanner.closed;
}

describe('members', () => {
  test('finds the keys and values that JSON.parse finds, repeated keys included, in any spelling', () => {
    fc.assert(
      fc.property(objectText, ({ text, members: expected }) => {
        const bytes = Buffer.from(text);
        const found = members(bytes);
        expect(found.map((member) => bytes.toString('utf8', member.valueStart, member.valueEnd))).toEqual(
          expected.map(([, value]) => value),
        );
        expect(found.map((member) => bytes.toString('utf8', member.keyStart, member.keyEnd))).toEqual(
          expected.map(([key]) => key),
        );
        const last = new Map(found.map((member, at) => [keyOf(bytes, member), expected[at]?.[1] ?? '']));
        const parsed = parseJson(bytes) as Record<string, unknown>;
        expect(new Set(last.keys())).toEqual(new Set(Object.keys(parsed)));
        for (const [key, value] of last) {
          expect(parseJson(Buffer.from(`{"value":${value}}`))).toHaveProperty('value', parsed[key]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('takes a text for an object exactly if JSON.parse does, after any one byte was changed, added or removed', () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.constantFrom('replace', 'insert', 'remove'),
      fc.string({
        unit: fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          '"',
          ',',
          ':',
          '\\\\',
          'u',
          '0',
          'e',
          '-',
          '+',
          '.',
          't',
          '1',
          ' ',
          '\n',
          '\u0001',
        ),
        minLength: 1,
        maxLength: 1,
      }),
    );
    fc.assert(
      fc.property(objectText, edit, ({ text }, [where, how, character]) => {
        const at = where % text.length;
        const edited =
          text.slice(0, at) +
          (how === 'remove' ? '' : character) +
          text.slice(how === 'insert' ? at : at + 1);
        expect(scans(Buffer.from(edited))).toBe(parses(edited));
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    '',
    ' ',
    '[]',
    '1',
    '{"a":1',
    '{"a":1}}',
    '{"a":1}x',
    '{"a" 1}',
    '{"a":01}',
    '{"a":1,}',
    '{,}',
    '{"a":[}',
    '{"a":[1}}',
    '{"a":{"b":1]}',
    '\u{feff}{}',
  ])('refuses %j', (text) => {
    expect(() => members(Buffer.from(text))).toThrow(JsonError);
  });

  test('walks a nesting of 100,000 without recursion', () => {
    const depth = 100_000;
    const deep = '[{"a":'.repeat(depth) + '1' + '}]'.repeat(depth);
    expect(cut(`{"b":${deep},"a":${deep},"c":2}`)).toBe(`{"b":${deep},"c":2}`);
  });
});

describe('cutMembers', () => {
  test.each([
    ['{"a":1}', '{}'],
    ['{"a":1,"b":2}', '{"b":2}'],
    ['{"b":2,"a":1}', '{"b":2}'],
    ['{"b":2,"a":1,"c":3}', '{"b":2,"c":3}'],
    ['{"a":1,"a":2,"b":3,"a":4,"\\u0061":5}', '{"b":3}'],
    [' { "a" : 1 , "b" : 2 } ', ' { "b" : 2 } '],
    [' { "b" : 2 , "a" : 1 } ', ' { "b" : 2 } '],
    [
      '{"b":"\\"a\\":1,","a":{"b":1},"request\\u004fbject":[1,2],"c":"\\\\"}',
      '{"b":"\\"a\\":1,","c":"\\\\"}',
    ],
    ['{"b":{"a":1,"requestObject":{}},"requestObject":{"b":{}}}', '{"b":{"a":1,"requestObject":{}}}'],
    ['{"A":1,"a\\u0000":2}', '{"A":1,"a\\u0000":2}'],
  ])('leaves of %j exactly %j', (text, expected) => {
    expect(cut(text)).toBe(expected);
  });

  test('leaves the other members, their bytes and their order', () => {
    fc.assert(
      fc.property(objectText, ({ text, members: before }) => {
        const bytes = Buffer.from(cut(text));
        const kept = before.filter(([key]) => !bodies.has(JSON.parse(key) as string));
        expect(
          members(bytes).map((member) => [
            bytes.toString('utf8', member.keyStart, member.keyEnd),
            bytes.toString('utf8', member.valueStart, member.valueEnd),
          ]),
        ).toEqual(kept);
        expect(parses(bytes.toString())).toBe(true);
        if (kept.length === before.length) expect(bytes.toString()).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test('gives pieces of the line itself, no copies', () => {
    const line = Buffer.from('{"b":1,"a":2,"c":3}');
    for (const piece of cutMembers(line, bodies)) expect(piece.buffer).toBe(line.buffer);
  });
});

describe('StreamingCutter', () => {
  test('leaves the bytes that cutMembers leaves, however the text is split into writes', () => {
    fc.assert(
      fc.property(
        objectText,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        ({ text, members: all }, sizes) => {
          const result = stream(Buffer.from(text), sizes);
          expect(result.output.toString()).toBe(cut(text));
          expect(result).toMatchObject({ closed: true, overflowed: false, bytes: Buffer.byteLength(text) });
          expect(new Set(result.cut)).toEqual(
            new Set(all.map(([key]) => JSON.parse(key) as string).filter((key) => bodies.has(key))),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test('drops a body of any length and holds no more than its limit', () => {
    const cutter = new StreamingCutter(new Set(['a']), 100);
    cutter.write(Buffer.from('{"b":1,"a":{"x":"'));
    const filler = Buffer.alloc(1 << 20, '}');
    for (let mebibyte = 0; mebibyte < 32; mebibyte++) cutter.write(filler);
    cutter.write(Buffer.from('"},"c":2}'));
    expect(cutter.end()).toMatchObject({
      closed: true,
      overflowed: false,
      cut: ['a'],
      bytes: 26 + 32 * filler.length,
    });
    expect(cutter.end().output.toString()).toBe('{"b":1,"c":2}');
  });

  test.each([
    '{"b":"0123456789"}',
    '{"0123456789":1}',
    `{"b":1,${' '.repeat(20)}"a":1}`,
    `${' '.repeat(20)}{}`,
  ])('says that %j overflowed a limit of 12 bytes, and counts on', (text) => {
    const result = stream(Buffer.from(text), [3], bodies, 12);
    expect(result).toMatchObject({ overflowed: true, closed: true, bytes: text.length });
    expect(result.output.length).toBeLessThanOrEqual(12);
  });

  test.each(['{"b":1', '{"b":1}}', '{"a":1}{"a":1}', '{"a":[1}', '{"a":"\u0001"}', '["a"]', ''])(
    'says that %j did not close',
    (text) => {
      expect(stream(Buffer.from(text), [2]).closed).toBe(false);
    },
  );
});
