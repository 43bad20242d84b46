import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Keywords } from '../../../agent/redact/keywords.ts';
import type { Hit } from '../../../agent/redact/keywords.ts';

const order = (a: Hit, b: Hit) => a.at - b.at || a.keyword.length - b.keyword.length;

test('finds what a search for each keyword finds, in either case', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 4 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '-', 'c', '\xff'), maxLength: 40 });
  fc.assert(
    fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 6 }), text, (words, haystack) => {
      const expected = words.flatMap((keyword) => {
        const found: { at: number; keyword: string }[] = [];
        const lower = haystack.toLowerCase();
        for (let at = lower.indexOf(keyword); at >= 0; at = lower.indexOf(keyword, at + 1))
          found.push({ at, keyword });
        return found;
      });
      const keywords = new Keywords(words);
      expect(keywords.findIn(haystack).toSorted(order)).toEqual(expected.toSorted(order));
      expect(keywords.isIn(Buffer.from(haystack, 'latin1'))).toBe(expected.length > 0);
    }),
  );
});
