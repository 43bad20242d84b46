import { assert, constantFrom, dictionary, oneof, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLine, printable, printableJson } from '../../../agent/json/index.ts';

const acting = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
/** Characters of all kinds, those that act on a terminal more often than by chance. */
const texts = string({
  unit: oneof(
    string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    constantFrom('\u0000', '\n', '\u001B', '\u007F', '\u0085', '\u009B', '\u00AD', '\u061C', '\u200B'),
    constantFrom('\u200F', '\u2028', '\u2029', '\u202E', '\u2066', '\uFEFF', '\uD800', '\u{E0041}'),
  ),
});

test('JSON keeps its value, and holds nothing that acts on a terminal, in keys and in values', () => {
  assert(
    property(dictionary(texts, texts), (value) => {
      const line = jsonLine(value);
      expect(line.endsWith('}\n')).toBe(true);
      expect(line.slice(0, -1)).not.toMatch(acting);
      expect(JSON.parse(line)).toEqual(value);
    }),
  );
});

test('a character of two units is written as two, as JSON has it; line feeds between texts stay', () => {
  expect(printableJson('{"a":"\u{E0041}\u202E\u009B"}\n{}\n')).toBe(
    '{"a":"\\udb40\\udc41\\u202e\\u009b"}\n{}\n',
  );
});

test('a name that a client chose cannot steer the terminal', () => {
  expect(printable('\u001B[2Jroot\n\u202Egnp\u009B')).toBe('\\u001b[2Jroot\\u000a\\u202egnp\\u009b');
  expect(printable('Zoë 管理者 👩‍💻')).toBe('Zoë 管理者 👩\\u200d💻');
});
