import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { members, keyOf, parseJson } from '../../../agent/json/index.ts';
import { objectText } from './texts.ts';

const parse = (text: string) => parseJson(Buffer.from(text));

// Keys are compared as lists: an object literal with such a key in this file would itself confuse JSON.parse.
test('reads an escaped key right after a key with a backslash at the same place was read', () => {
  const keys = (text: string) => Object.keys(parse(text) as object);
  expect(keys('{"op":1,"hostNetw\\\\u0":1}')).toEqual(['op', 'hostNetw\\u0']);
  expect(keys('{"op":1,"hostNetw\\u006frk":true}')).toEqual(['op', 'hostNetwork']);
  expect(keys('{"op":2,"privileg\\u005c":1,"two bytes a character":"管"}')).toContain('privileg\\');
  expect(keys('{"op":2,"privileg\\u0065":1,"two bytes a character":"管"}')).toContain('privilege');
  const items = (parse('{"items":[{"op":3,"imag\\\\":1},{"op":3,"imag\\u0065":1}]}') as { items: object[] })
    .items;
  expect(items.map((item) => Object.keys(item))).toEqual([
    ['op', 'imag\\'],
    ['op', 'image'],
  ]);
});

test('reads what JSON.parse reads, of any object, whatever was read before', () => {
  fc.assert(
    fc.property(objectText, ({ text, members: all }) => {
      const bytes = Buffer.from(text);
      const value = parse(text) as Record<string, unknown>;
      const last = new Map(members(bytes).map((member, at) => [keyOf(bytes, member), all[at]?.[1] ?? '']));
      expect(Object.keys(value).toSorted()).toEqual([...last.keys()].toSorted());
      for (const [key, part] of last)
        expect(value[key]).toEqual(parse(`{"v":${part}}`) && (parse(`{"v":${part}}`) as { v: unknown }).v);
    }),
    { numRuns: 500 },
  );
});

test('walks a deep text with a backslash in a key without recursion', () => {
  const depth = 20_000;
  const value = parse('{"\\\\":'.repeat(depth) + '1' + '}'.repeat(depth));
  let inner = value;
  for (let level = 0; level < depth; level++) inner = (inner as Record<string, unknown>)['\\'];
  expect(inner).toBe(1);
});

test.each(['{"\\\\":1', '{"\\\\":1}}', '{"\\\\":tru}', '{"\\\\":1,"\\\\":}', '{"a\\\\":01}', '', '{'])(
  'finds no value in %j',
  (text) => {
    expect(parse(text)).toBeUndefined();
  },
);

test('keeps the last of repeated keys, and __proto__ as a plain member', () => {
  const value = parse('{"a\\\\":1,"b":[true,null,"x",-1.5e2,{}],"__proto__":{"b":1},"b":2}') as Record<
    string,
    unknown
  >;
  expect(Object.entries(value)).toEqual([
    ['a\\', 1],
    ['b', 2],
    ['__proto__', Object.assign(Object.create(null) as object, { b: 1 })],
  ]);
});

test('survives texts that nest deep and are torn, which corrupt the memory of a process that gives them to JSON.parse', () => {
  const program = `
    import { parseJson } from './agent/json/index.ts';
    const levels = ['{"a":1,"b":', '[0,{"a":1,"b":', '{"a":[{"x":1},', '{"a":', '[0,'];
    for (const level of levels) for (const end of ['"s"t', '1 2', '"{"kind":1', '', '}'])
      for (const depth of [3000, 10000, 100000])
        if (parseJson(Buffer.from(level.repeat(depth) + end)) !== undefined) throw new Error('a torn text has no value');
    // Heap damage shows when memory is collected and when code is optimized.
    for (let turn = 0; turn < 20; turn++) JSON.stringify(Array.from({ length: 20000 }, (_, index) => ({ index })));
  `;
  const { status, signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program]);
  expect({ status, signal, stderr: stderr.toString() }).toEqual({ status: 0, signal: null, stderr: '' });
});

test.each([4000, 5000, 100_000])(
  'reads a whole object of %i bytes, and nothing of it when a byte is missing',
  (length) => {
    const text = JSON.stringify({ a: 'x'.repeat(length), b: [1, { c: null }] });
    expect(parse(text)).toEqual({ a: 'x'.repeat(length), b: [1, { c: null }] });
    expect(parse(text.slice(0, -1))).toBeUndefined();
    expect(parse(`${text}}`)).toBeUndefined();
  },
);
