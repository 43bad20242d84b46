import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HitScanner, sortOf } from '../../../../agent/elasticsearch/search/hit-scanner.ts';
import type { Hit } from '../../../../agent/elasticsearch/search/hit-scanner.ts';
import { searchAnswer } from '../../../kit/seal/dump.ts';

interface Taken {
  index: string;
  id: string;
  source: string;
  sort: string;
}

/** Feeds an answer in pieces of these lengths, over and over, and copies what is lent. */
function scan(answer: Buffer, lengths: readonly number[]): { hits: Taken[]; rest: unknown } {
  const scanner = new HitScanner();
  const hits: Taken[] = [];
  const take = (hit: Hit) =>
    hits.push({ index: hit.index, id: hit.id, source: hit.source.toString('latin1'), sort: sortOf(hit) });
  for (let at = 0, i = 0; at < answer.length; i += 1) {
    const end = at + lengths[i % lengths.length]!;
    for (const hit of scanner.push(answer.subarray(at, end))) take(hit);
    at = end;
  }
  return { hits, rest: scanner.end() };
}

const document = (source: string, id = 'an id') => ({ index: 'an index', id, source: Buffer.from(source) });

function checkCuts(values: unknown[], lengths: number[]): void {
  const documents = values.map((value, i) => document(JSON.stringify({ value }), `${i}`));
  const { hits } = scan(searchAnswer(documents), lengths);
  expect(hits.map(({ id, source }) => [id, source])).toEqual(
    documents.map(({ id, source }) => [id, source.toString('latin1')]),
  );
}

/** The hits, and what is said at the end. */
function outcome(answer: Buffer, length: number): { hits: string[]; end: unknown } {
  const scanner = new HitScanner();
  const hits: string[] = [];
  try {
    for (let at = 0; at < answer.length; at += length)
      for (const { index, id, source, rest } of scanner.push(answer.subarray(at, at + length)))
        hits.push(JSON.stringify([index, id, source.toString('latin1'), rest]));
    return { hits, end: scanner.end() };
  } catch (error) {
    return { hits, end: String(error) };
  }
}

describe('the scanner of answers', () => {
  test.each([
    '{}',
    '{"a":"}"}',
    '{"a":"\\"}]\\\\"}',
    '{"_source":{"a":[1,{"b":[]}]},"_id":"x","hits":{"hits":[{"_id":"y"}]}}',
    '{"a":1/* "}] */,"b":2}',
    '{"a":1//"}\n}',
    '{"a":/**/1}',
    '{"a":"/*"}',
    '{"a":"é—\u{1f600}"}',
    '{ "a" : [ 1 , 2 ] }',
  ])('gives the exact bytes of %s, however the answer is cut', (source) => {
    const documents = [document(source, '"_source":{'), document('{"b":0}'), document(source)];
    const answer = searchAnswer(documents);
    const whole = scan(answer, [answer.length]);
    expect(whole.hits.map((hit) => hit.source)).toEqual(
      documents.map((each) => each.source.toString('latin1')),
    );
    expect(whole.hits.map(({ id }) => id)).toEqual(['"_source":{', 'an id', 'an id']);
    expect(whole.hits[2]!.sort).toBe('[2,9223372036854775807]');
    expect(whole.rest).toMatchObject({ pit_id: 'a pit', timed_out: false, _shards: { failed: 0 } });
    for (const length of [1, 2, 3, 7, 100]) expect(scan(answer, [length])).toEqual(whole);
  });

  test('gives the same for any documents and any cuts', () => {
    const sources = fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 5 });
    const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
    fc.assert(fc.property(sources, cuts, checkCuts), { numRuns: 300, seed: 26 });
  });

  // Byte by byte no hit is recognised as printed like one before it, so that each is scanned and parsed.
  test('gives the same whether hits are recognised or parsed, and whatever is wrong with them', () => {
    const hit = fc
      .tuple(
        fc.constantFrom('i', 'i', 'j', 'i\\u0041'),
        fc.constantFrom('abc', 'a-b-0', '', 'é', '\\"', 'x"y'),
        fc.constantFrom(
          '{}',
          '{"a":"}"}',
          ' {"a": 1} ',
          '{"a":1/* "}] */}',
          '{"x":[],"sort":[5,1]}',
          '5',
          '"},{"',
        ),
        fc.constantFrom(
          ',"sort":[5,17]',
          ',"sort":[5,9223372036854775807]',
          ',"sort":["a",1]',
          ',"sort":[5,,1]',
          '',
        ),
      )
      .map(
        ([index, id, source, sort]) =>
          `{"_index":"${index}","_id":"${id}","_score":null,"_source":${source}${sort}}`,
      );
    const broken = fc.record({
      at: fc.nat(600),
      cut: fc.nat(4),
      put: fc.constantFrom('', '"', '}', ',', '[', '/*'),
    });
    const hits = fc.array(hit, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(hits, fc.option(broken), (list, fault) => {
        const text = Buffer.from(`{"hits":{"hits":[${list.join(',')}]},"timed_out":false}`);
        const answer = fault
          ? Buffer.concat([
              text.subarray(0, fault.at),
              Buffer.from(fault.put),
              text.subarray(fault.at + fault.cut),
            ])
          : text;
        expect(outcome(answer, answer.length)).toEqual(outcome(answer, 1));
      }),
      { numRuns: 2000, seed: 12 },
    );
  });

  test('leaves the white space around a source away', () => {
    const [hit] = scan(searchAnswer([document(' \n{"a": 1}\t\r')]), [3]).hits;
    expect(hit!.source).toBe('{"a": 1}');
  });

  test('takes an answer without hits', () => {
    expect(scan(searchAnswer([]), [5]).hits).toEqual([]);
  });

  test.each([
    ['ends in the middle', (answer: Buffer) => answer.subarray(0, -1)],
    ['is empty', () => Buffer.alloc(0)],
    ['is no JSON', () => Buffer.from('<html>no</html>')],
    ['has a hit without _id', (answer: Buffer) => Buffer.from(answer.toString().replace('"_id"', '"_ID"'))],
    [
      'has a hit without _source',
      (answer: Buffer) => Buffer.from(answer.toString().replace('"_source"', '"source"')),
    ],
  ])('throws where it %s', (_what, change) => {
    expect(() => scan(change(searchAnswer([document('{"a":1}')])), [1000])).toThrow(/Elasticsearch/u);
  });
});
