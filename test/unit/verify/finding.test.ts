import { expect, test } from 'vitest';
import { identityOf } from '../../../agent/verify/index.ts';
import type { Finding } from '../../../agent/verify/index.ts';

const inserted: Finding = {
  finding: 'inserted',
  origin: 'a/b/c/d',
  index: 3,
  batch: 1,
  id: 'forged',
  hash: 'ab',
  detail: 'x',
};

test('a finding is the same whatever words describe it, and another at another place or of other bytes', () => {
  const { detail: _detail, ...plain } = inserted;
  expect(identityOf(plain)).toBe(identityOf(inserted));
  // An index is of one batch; which one a verifier may not know in each run.
  expect(identityOf({ ...inserted, batch: 2 })).toBe(identityOf(inserted));
  const others: Partial<Finding>[] = [
    { finding: 'changed' },
    { origin: 'a/b/c/e' },
    { index: 4 },
    { id: 'forged-2' },
    { hash: 'ac' },
  ];
  const identities = [inserted, ...others.map((other) => ({ ...inserted, ...other }))].map(identityOf);
  expect(new Set(identities).size).toBe(identities.length);
});
