import { expect, test } from 'vitest';
import { Arrivals } from '../../../agent/ship/arrivals.ts';

const index = (generation: number) => `.ds-logs-x-2026.11.23-${String(generation).padStart(6, '0')}`;

test('what was answered for at once is no copy, wherever it landed', () => {
  const arrivals = new Arrivals();
  arrivals.markArrived(1, index(2), true);
  arrivals.markArrived(2, index(3), true);
  expect(arrivals.isUnsure(1)).toBe(false);
  expect(arrivals.copies()).toEqual([]);
});

test('sent again into the backing index that was seen before, the id sees to it', () => {
  const arrivals = new Arrivals();
  for (const [document, created] of [true, false].entries()) {
    arrivals.markUnsure(document, index(2));
    arrivals.markArrived(document, index(2), created);
  }
  expect(arrivals.copies()).toEqual([]);
});

test('created in another backing index than was seen before the loss, it may be in both', () => {
  const arrivals = new Arrivals();
  arrivals.markUnsure(7, index(2));
  expect(arrivals.isUnsure(7)).toBe(true);
  expect(arrivals.sinceOf(7)).toBe(index(2));
  arrivals.markArrived(7, index(3), true);
  expect(arrivals.copies()).toEqual([{ first: 7, last: 7 }]);
});

test('lost once and found there the next time, the first is the only one; lost twice, another may lie between', () => {
  const arrivals = new Arrivals();
  arrivals.markUnsure(1, index(2));
  arrivals.markArrived(1, index(3), false);
  arrivals.markUnsure(2, index(2));
  arrivals.markUnsure(2, index(3));
  expect(arrivals.sinceOf(2)).toBe(index(2));
  arrivals.markArrived(2, index(3), false);
  expect(arrivals.copies()).toEqual([{ first: 2, last: 2 }]);
});

test('what an earlier process may have sent is unsure until it lands where that one saw the stream', () => {
  const arrivals = new Arrivals({ since: index(2) });
  expect(arrivals.isUnsure(5)).toBe(true);
  arrivals.markArrived(1, index(2), true);
  arrivals.markArrived(2, index(3), true);
  arrivals.markArrived(3, index(3), false);
  expect(arrivals.copies()).toEqual([{ first: 2, last: 3 }]);
});

test('where no backing index was seen before, only the first of a stream leaves no doubt', () => {
  const arrivals = new Arrivals({ since: undefined });
  arrivals.markArrived(1, index(1), true);
  arrivals.markArrived(2, index(2), true);
  arrivals.markArrived(3, undefined, true);
  expect(arrivals.copies()).toEqual([{ first: 2, last: 3 }]);
});

test('ranges are as exact as they are few; of too many only the whole is told', () => {
  const few = new Arrivals({ since: index(1) });
  for (const document of [4, 3, 9]) few.markArrived(document, index(2), true);
  expect(few.copies()).toEqual([
    { first: 3, last: 4 },
    { first: 9, last: 9 },
  ]);
  const many = new Arrivals({ since: index(1) });
  for (let document = 100; document <= 200; document += 2) many.markArrived(document, index(2), true);
  expect(many.copies()).toEqual([{ first: 100, last: 200 }]);
});
