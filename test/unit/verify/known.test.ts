import { expect, test } from 'vitest';
import { FindingSample, identityOf, KnownFindings, verdictDocument } from '../../../agent/verify/index.ts';
import type { Finding } from '../../../agent/verify/index.ts';
import { identitiesMax } from '../../../agent/verify/finding-sample.ts';
import { honest } from '../../kit/seal/honest.ts';
import { verify } from '../../kit/seal/streams.ts';

const inserted = (index: number): Finding => ({
  finding: 'inserted',
  origin: 'a/b/c/d',
  index,
  id: `forged-${index}`,
});
const missing: Finding = { finding: 'missing', origin: 'a/b/c/d', index: 1, id: 'x' };

/** The document of a verdict that found these. */
async function documentOf(found: readonly Finding[], counts: Record<string, number>): Promise<string> {
  const { written, writer } = honest();
  const { summary } = await verify(written, { now: writer.now });
  const sample = new FindingSample(20);
  for (const finding of found) sample.add(finding);
  const at = new Date(0);
  return verdictDocument({
    id: 'id',
    namespace: 'n',
    startedAt: at,
    endedAt: at,
    verdict: 'tampered',
    exitCode: 1,
    message: 'm',
    time: undefined,
    summary: { ...summary, findings: counts },
    sample: sample.list(),
    identities: sample.identities(),
    known: undefined,
    host: 'h',
    version: '0',
  }).toString();
}

test('a verdict that lists not all of a kind knows at least how many there were, and of another kind all', async () => {
  const flood = Array.from({ length: identitiesMax + 100 }, (_, index) => inserted(index));
  const text = await documentOf([...flood, missing], { inserted: flood.length, missing: 1 });
  const known = KnownFindings.parse('known.json', text);
  expect(known.at).toMatch(/^2026-/u);
  const isNew = [...flood, missing].map((finding) => known.take(finding));
  expect(isNew.filter(Boolean), 'those that it does not list').toHaveLength(100);
  expect(known.news()).toEqual({ total: 0, findings: {}, isAtLeast: true });
  known.take(inserted(flood.length));
  known.take({ ...missing, index: 2 });
  expect(known.news()).toEqual({ total: 2, findings: { inserted: 1, missing: 1 }, isAtLeast: true });
});

test('what an operator excused is neither new nor known', () => {
  const excuse = { by: 'acknowledged', operator: 'o', at: 'a', why: 'w', id: 'i' } as const;
  const gap: Finding = { finding: 'gap', origin: 'a/b/c/d', batch: 1, excuse };
  const line = JSON.stringify({ type: 'excused', identity: identityOf(gap) });
  const known = KnownFindings.parse(
    'known.json',
    `${line}\n{"type":"summary","now":"2026-11-23T00:00:00.000Z"}\n`,
  );
  expect(known.take(gap)).toBe(false);
  expect(known.take({ finding: 'gap', origin: 'a/b/c/d', batch: 1 }), 'its statement was taken back').toBe(
    true,
  );
  expect(known.news()).toEqual({ total: 1, findings: { gap: 1 }, isAtLeast: false });
});
