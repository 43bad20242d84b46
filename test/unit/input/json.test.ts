import { expect, test } from 'vitest';
import { parseJsonObject } from '../../../agent/input/index.ts';

test('an object of up to 50 levels', () => {
  const deep = `{"a":${'['.repeat(49)}${']'.repeat(49)}}`;
  expect(parseJsonObject(deep)).toEqual(JSON.parse(deep));
});

test.each([
  ['51 levels', `{"a":${'['.repeat(50)}${']'.repeat(50)}}`, 'nests more than 50 levels deep'],
  // V8's JSON.parse is not safe with this (seen on Node 26.10).
  ['many levels, and then an error', `${'{"a":1,"b":'.repeat(10_000)}"s"t`, 'nests more than 50 levels deep'],
  ['an array', '[1]', 'is not a JSON object: see line 1, column 1'],
  ['nothing', '', 'is not a JSON object: see line 1, column 1'],
  ['a missing comma', '{\n  "ä": 1\n  "b": 2\n}', 'is not a JSON object: see line 3, column 3'],
  ['an early end', '{"a": [', 'is not a JSON object: see line 1, column 8'],
  ['something after the end', '{}\n{}', 'is not a JSON object: see line 2, column 1'],
  ['a key in its place', 'PRIVATE+KEY+alice+12345678+AAAA', 'is not a JSON object: see line 1, column 1'],
])('%s', (_name, text, why) => {
  let message = '';
  try {
    parseJsonObject(text);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toContain(why);
  expect(message).not.toContain('PRIVATE');
});
