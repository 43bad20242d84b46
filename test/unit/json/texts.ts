import * as fc from 'fast-check';

/** Whitespace as RFC 8259 allows it, mostly none. */
const gap = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 }) },
);

/** One character of a string, as itself or as some escape of it. */
const character = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('"', '\\', '/', '\n', '{', '}', ',', ':'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    fc.nat(3),
  )
  .map(([text, how]) => {
    const plain = JSON.stringify(text).slice(1, -1);
    if (how === 0) return [...units(text)].join('');
    return how === 1 && text === '/' ? '\\/' : plain;
  });

function* units(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) {
    const hex = text.charCodeAt(at).toString(16).padStart(4, '0');
    yield `\\u${at % 2 === 0 ? hex : hex.toUpperCase()}`;
  }
}

const string = fc.array(character, { maxLength: 6 }).map((characters) => `"${characters.join('')}"`);

/** Texts of strings as JSON writes them, escaped in odd ways, some of them a name that is asked for. */
export const keyText = fc.oneof(
  string,
  fc.constantFrom('"a"', '"\\u0061"', '"b"', '"request\\u004fbject"', '"requestObject"', '""'),
);

const scalar = fc.oneof(
  string,
  fc.constantFrom(
    'true',
    'false',
    'null',
    '0',
    '-0',
    '-1',
    '10',
    '1.0',
    '1e3',
    '-0.5E-7',
    '12345678901234567890123',
    '0e+1',
  ),
);

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    list('[', ']', tie('value')),
    list(
      '{',
      '}',
      fc
        .tuple(keyText, gap, gap, tie('value'))
        .map(([key, left, right, text]) => `${key}${left}:${right}${text}`),
    ),
  ),
}));

function list(open: string, close: string, item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const spaced = fc.tuple(gap, item, gap).map((parts) => parts.join(''));
  return fc
    .tuple(gap, fc.array(spaced, { maxLength: 4 }))
    .map(([space, items]) => open + (items.length === 0 ? space : items.join(',')) + close);
}

export interface ObjectText {
  readonly text: string;
  /** Each member's key and value, as texts, in order. */
  readonly members: readonly (readonly [string, string])[];
}

/** Texts of JSON objects with odd whitespace, odd escapes and repeated keys. */
export const objectText: fc.Arbitrary<ObjectText> = fc
  .tuple(gap, fc.array(fc.tuple(gap, keyText, gap, gap, value, gap), { maxLength: 5 }), gap)
  .map(([before, parts, afterwards]) => {
    const items = parts.map(([a, key, b, c, text, d]) => `${a}${key}${b}:${c}${text}${d}`);
    return {
      text: `${before}{${items.join(',')}}${afterwards}`,
      members: parts.map(([, key, , , text]) => [key, text] as const),
    };
  });
