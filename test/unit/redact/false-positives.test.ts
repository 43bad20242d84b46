import { expect, test } from 'vitest';
import { Redactor } from '../../../agent/redact/index.ts';
import { countFound, linesOf, nothingFound } from '../../../bench/redact/found.ts';
import { recordedLines } from '../../kit/corpus.ts';

const shareMax = 0.001;

test('of a recorded log at most one event in a thousand has anything redacted that was not planted', async () => {
  const redactor = new Redactor({ wholeEnvironment: false });
  const found = nothingFound();
  for (const line of await recordedLines()) countFound(Buffer.from(line), redactor, found);
  console.log(linesOf(found).join('\n'));
  expect(found.events).toBeGreaterThan(5000);
  expect(found.planted.size).toBeGreaterThan(3);
  expect(found.redacted / found.events).toBeLessThanOrEqual(shareMax);
}, 60_000);

test('an event with a secret that nobody planted counts', () => {
  const found = nothingFound();
  const line = '{"kind":"Event","apiVersion":"audit.k8s.io/v1","requestObject":{"password":"hunter2"}}';
  countFound(Buffer.from(line), new Redactor({ wholeEnvironment: false }), found);
  expect(found).toMatchObject({ events: 1, redacted: 1 });
  expect(linesOf(found)[1]).toBe('name: 1 (/requestObject/password)');
});
