import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../../agent/input/index.ts';

/** Nine levels of nine aliases: 9⁹ values. */
const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'abcdefgh'
  .split('')
  .map((name, i, names) => {
    const next = names[i + 1] ?? 'z';
    return `${next}: &${next} [${Array.from({ length: 9 }, () => `*${name}`).join(', ')}]\n`;
  })
  .join('')}`;

function keys(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `key${i}: 1`);
}

describe('a structure beyond the bounds is refused, whatever it is made of', () => {
  test.each([
    ['200,000 open brackets', '['.repeat(200_000), 'nests more than 50 levels deep'],
    ['200,000 open braces', '{a: '.repeat(200_000), 'nests more than 50 levels deep'],
    ['sequences on one line', '- '.repeat(200_000), 'nests more than 50 levels deep'],
    ['keys that are mappings', '? '.repeat(200_000), 'nests more than 50 levels deep'],
    [
      'levels of indentation',
      Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      'nests more than 50 levels deep',
    ],
    ['51 levels', `${'['.repeat(51)}${']'.repeat(51)}`, 'nests more than 50 levels deep'],
    ['aliases that multiply', bomb, 'has aliases that multiply'],
    ['many aliases', `a: &a 1\nb:\n${'  - *a\n'.repeat(101)}`, 'has more than 100 aliases'],
    ['many keys', keys(1001).join('\n'), 'has more than 1000 keys in one mapping'],
    ['many keys in braces', `{${keys(1001).join(', ')}}`, 'has more than 1000 keys in one mapping'],
  ])('%s', (_name, text, why) => {
    expect(() => parseYaml(text)).toThrow(
      expect.objectContaining({
        name: 'InputError',
        code: 'too-large',
        message: expect.stringContaining(why) as unknown,
      }),
    );
  });
});

describe('a structure within the bounds is taken', () => {
  test('50 levels, 1,000 keys, 100 aliases, and a sequence of any length', () => {
    expect(JSON.stringify(parseYaml(`${'['.repeat(50)}${']'.repeat(50)}`))).toHaveLength(100);
    expect(Object.keys(parseYaml(keys(1000).join('\n')) as object)).toHaveLength(1000);
    expect(parseYaml(`a: &a 1\nb:\n${'  - *a\n'.repeat(100)}`)).toHaveProperty('b.length', 100);
    expect(parseYaml(`[${Array.from({ length: 5000 }, (_, i) => i).join(', ')}]`)).toHaveLength(5000);
    expect(parseYaml('- 1\n'.repeat(5000))).toHaveLength(5000);
  });

  test('texts that look like aliases are none', () => {
    const text = `block: |\n${'  *a\n'.repeat(200)}list:\n${"  - '*a'\n".repeat(200)}`;
    expect(parseYaml(text)).toHaveProperty('list.length', 200);
  });
});

test.each([
  ['cluster: [', 'is not YAML: ', 'at line 1, column 11'],
  ['a: 1\na: 2', 'is not YAML: Map keys must be unique', 'at line 2, column 1'],
  ['a: !password secret', 'is not YAML: Unresolved tag: !password', 'at line 1, column 4'],
  ['a: *nobody', 'is not YAML: Unresolved alias', 'nobody'],
  ['a\n---\nb', 'is not YAML: ', 'multiple documents'],
])('what is wrong is said in one line, with its place: %j', (text, ...parts) => {
  let message = '';
  try {
    parseYaml(text);
  } catch (error) {
    message = (error as Error).message;
  }
  for (const part of parts) expect(message).toContain(part);
  expect(message).not.toMatch(/\n|secret/u);
});
