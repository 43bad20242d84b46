import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonScanner, parseJson, scanObject, WantedMembers } from '../../../agent/json/index.ts';
import { objectText } from './texts.ts';

const wanted = new WantedMembers();
const names = ['a', 'b', 'requestObject', ''];
const members = names.map((name) => ({ name, member: wanted.member(name) }));

function scans(text: Buffer): boolean {
  const scanner = new JsonScanner();
  for (let at = 0; at < text.length && !scanner.broken;) at = scanner.next(text, at);
  return scanner.closed;
}

function valueOf(text: string): unknown {
  wanted.read(Buffer.from(`{"a":${text}}`));
  return members[0]!.member.value;
}

function deep(depth: number): Buffer {
  return Buffer.from(`{"a":${'['.repeat(depth)}${']'.repeat(depth)},"b":1}`);
}

test('has the values that parsing the whole object gives, whatever was read before', () => {
  fc.assert(
    fc.property(objectText, ({ text }) => {
      const bytes = Buffer.from(text);
      expect(wanted.read(bytes)).toBe(true);
      const whole = parseJson(bytes) as Record<string, unknown>;
      for (const { name, member } of members) expect(member.value).toEqual(whole[name]);
    }),
    { numRuns: 500 },
  );
});

test('takes and refuses what the scanner does, of objects that were cut, changed and glued at random', () => {
  const bytes = fc.constantFrom(...Buffer.from('{}[]",:\\ue+-.019 \n\u0001truefalsnul'));
  fc.assert(
    fc.property(
      objectText,
      fc.nat(),
      fc.nat(3),
      fc.array(bytes, { maxLength: 2 }),
      ({ text }, at, cut, put) => {
        const whole = Buffer.from(text);
        const from = at % (whole.length + 1);
        const changed = Buffer.concat([
          whole.subarray(0, from),
          Buffer.from(put),
          whole.subarray(from + cut),
        ]);
        expect(scanObject(changed, () => undefined)).toBe(scans(changed));
      },
    ),
    { numRuns: 3000 },
  );
});

test('refuses an object that is not there to its end, and reads the next one as if nothing had been', () => {
  const text = Buffer.from(' {"a": [1, {"b":"x\\u00e9"}, -0.5e+3, true, null], "b":{}} ');
  for (let end = 0; end < text.length - 1; end++) expect(wanted.read(text.subarray(0, end))).toBe(false);
  expect(wanted.read(text)).toBe(true);
  expect(members.map(({ member }) => member.value)).toEqual([
    [1, { b: 'xé' }, -500, true, null],
    {},
    undefined,
    undefined,
  ]);
});

test('gives the very same object for the same text, and never one for another text', () => {
  const first = valueOf('{"name":"é"}');
  expect(valueOf('{"name":"é"}')).toBe(first);
  for (let i = 0; i < 5000; i++) expect(valueOf(`{"name":"${i}"}`)).toEqual({ name: String(i) });
  expect(valueOf('{"name":"Ã©"}')).toEqual({ name: 'Ã©' });
  expect(valueOf(`["${'x'.repeat(20_000)}"]`)).toEqual(['x'.repeat(20_000)]);
});

test('tells texts apart that differ in any one byte, and remembers none longer than it has room for', () => {
  for (const length of [8, 100, 511, 512, 513]) {
    const text = `{"a":"${'x'.repeat(length - 8)}"}`;
    for (let at = 6; at < length - 2; at++) {
      const changed = `${text.slice(0, at)}y${text.slice(at + 1)}`;
      expect(valueOf(text)).toEqual(JSON.parse(text));
      expect(valueOf(changed)).toEqual(JSON.parse(changed));
    }
    expect(valueOf(text) === valueOf(text)).toBe(length <= 512);
  }
});

test('reads the same of a member whether it is remembered or not', () => {
  const [again, once] = [new WantedMembers(), new WantedMembers()];
  const pairs = names.map((name) => [again.member(name), once.member(name, { isUnique: true })] as const);
  fc.assert(
    fc.property(fc.array(objectText, { minLength: 1, maxLength: 4 }), (objects) => {
      for (const { text } of [...objects, ...objects]) {
        expect(again.read(Buffer.from(text))).toBe(once.read(Buffer.from(text)));
        for (const [one, other] of pairs) expect(one.value).toEqual(other.value);
      }
    }),
    { numRuns: 300 },
  );
});

test('reads an object that nests as deep as a line is long, without recursion', () => {
  expect(wanted.read(deep(500_000))).toBe(true);
  expect(members[1]!.member.value).toBe(1);
  expect(wanted.read(deep(1 << 21))).toBe(false);
});
