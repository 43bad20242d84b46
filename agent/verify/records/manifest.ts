import { z } from 'zod';
import { parseDocument } from '../parse-document.ts';
import { isOrigin, isRuleName, sumOf } from '../../seal/index.ts';
import type { Manifest } from '../../seal/index.ts';

const whole = z.int().nonnegative();
const instant = z.string().refine((text) => {
  const at = new Date(text);
  return !Number.isNaN(at.getTime()) && at.toISOString() === text;
});
const position = z.looseObject({ path: z.string(), file: z.string(), offset: whole });

const stretch = z.looseObject({
  path: z.string(),
  file: z.string(),
  start: whole,
  end: whole,
  lines: whole,
  mac: z.string(),
  after: z.string().optional(),
  ended: z.literal(true).optional(),
});

const gap = z.looseObject({
  reason: z.string(),
  before: position.optional(),
  after: position.optional(),
});

const notice = z.looseObject({ kind: z.string() }).refine((value) => {
  if (value.kind === 'next') return typeof value['vkey'] === 'string';
  if (value.kind !== 'epoch') return true;
  return typeof value['reason'] === 'string' && ['string', 'undefined'].includes(typeof value['previous']);
});

const counts = z.record(z.string(), whole);

/** The keys of the value itself: z.record passes over `__proto__`, which JSON.parse makes a member like any other. */
const countsByRule = z.custom<Record<string, number>>(
  (value) => counts.safeParse(value).success && Object.keys(value as object).every(isRuleName),
);

/** What docs/seal-format.md §8.2 demands of a manifest, and no more. */
const manifestSchema = z
  .looseObject({
    v: z.literal(1),
    origin: z.string().refine(isOrigin),
    batch: whole,
    first: whole,
    count: whole,
    sealedAt: instant,
    heartbeatSeconds: z.number().positive(),
    retentionDays: whole.min(1),
    sources: z.array(stretch),
    gaps: z.array(gap),
    read: whole,
    pieces: whole,
    joined: whole,
    dropped: countsByRule,
    notices: z.array(notice),
  })
  .refine(({ first, count, read, pieces, dropped, joined }) =>
    [first + count + 1, read + pieces, count + sumOf(dropped) + joined].every(Number.isSafeInteger),
  );

/**
 * A manifest from the text in a record, or undefined if it is not one of version 1. Of its members only those that the
 * judgement uses are sure to have their type.
 */
export function parseManifest(text: string): Manifest | undefined {
  const value = parseDocument(Buffer.from(text));
  return manifestSchema.safeParse(value).success ? (value as Manifest) : undefined;
}
