import { assert, constantFrom, integer, jsonValue, oneof, property, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { eventPlace } from '../../../../agent/verify/records/claim.ts';

const origin = 'prod/cp-1/kube-apiserver/20261123T004438Z';

function index(number: unknown): unknown {
  return Number.isSafeInteger(number) && Number(number) >= 0 ? number : undefined;
}

/** What JSON.parse makes of it, in the place of the scanner. */
function parsedPlace(text: string): unknown {
  const value = JSON.parse(text) as Record<string, Record<string, unknown> | null | undefined>;
  const { origin: found, batch } = Object(value['auditseal']) as Record<string, unknown>;
  const { sequence } = Object(value['event']) as Record<string, unknown>;
  return { origin: found === origin ? found : undefined, index: index(sequence), batch: index(batch) };
}

const key = constantFrom('"auditseal"', '"event"', String.raw`"audit\u0073eal"`, '"other"');
const inner = constantFrom('"origin"', '"batch"', '"sequence"', String.raw`"b\u0061tch"`, '"auditseal"');
const leaf = oneof(
  constantFrom(
    JSON.stringify(origin),
    String.raw`"prod\/cp-1/kube-apiserver/20261123T004438Z"`,
    '1e3',
    '-0',
    '1.0',
  ),
  integer().map(String),
  jsonValue().map((value) => JSON.stringify(value)),
);
const object = tuple(inner, leaf, inner, leaf).map(([a, b, c, d]) => `{${a}:${b}, ${c} : ${d}}`);
const text = tuple(key, oneof(object, leaf), key, oneof(object, leaf), key, object).map(
  ([a, b, c, d, e, f]) => ` {${a}:${b},${c}:${d},"kubernetes":{"audit":{"auditseal":{"batch":7}}},${e}:${f}}`,
);

test('an event says of its place what JSON.parse finds: nested members, the last of repeated ones, keys decoded', () => {
  assert(
    property(text, (document) => {
      expect(eventPlace(Buffer.from(document))).toEqual(parsedPlace(document));
    }),
    { numRuns: 2000 },
  );
});

test.each(['', '[]', '{', `{"auditseal":{"origin":"${origin}"}} x`])('%j says nothing', (document) => {
  expect(eventPlace(Buffer.from(document))).toEqual({});
});
