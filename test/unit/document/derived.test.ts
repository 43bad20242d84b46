import { expect, test } from 'vitest';
import { derived } from '../../../agent/document/derived.ts';

test('what follows from a part is made once for it', () => {
  let made = 0;
  const lengthOf = derived((part: { name: string }) => ((made += 1), part.name.length));
  const part = { name: 'alice' };
  expect([lengthOf(part), lengthOf(part), lengthOf({ name: 'bob' })]).toEqual([5, 5, 3]);
  expect(made).toBe(2);
});

test('with another snapshot it is made anew: a changed directory is seen by the next event', () => {
  const mailOf = derived((part: { name: string }, people: ReadonlyMap<string, string>) =>
    people.get(part.name),
  );
  const part = { name: 'alice' };
  const before = new Map([['alice', 'old']]);
  const after = new Map([['alice', 'new']]);
  expect([mailOf(part, before), mailOf(part, before), mailOf(part, after)]).toEqual(['old', 'old', 'new']);
});
