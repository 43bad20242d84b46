import { z } from 'zod';
import { parseJson } from '../../json/index.ts';
import { namePattern, type Manifest } from '../index.ts';

const count = z.int().nonnegative();
const counts = z.record(z.string(), count);
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u)
  .refine((text) => !Number.isNaN(Date.parse(text)));
const position = z.object({ path: z.string(), file: z.string(), offset: count });
const origin = z
  .string()
  .refine((text) => text.split('/').length === 4 && text.split('/').every((part) => namePattern.test(part)));

const stretch = z.object({
  path: z.string(),
  file: z.string(),
  start: count,
  end: count,
  lines: count,
  mac: z.string(),
  after: z.string().optional(),
  ended: z.literal(true).optional(),
});

const gap = z.object({
  reason: z.string(),
  before: position.optional(),
  after: position.optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  bytesMin: count.optional(),
});

/** docs/seal-format.md §2. Notices of kinds that are not known yet are let through: they decide nothing. */
const manifestSchema = z.object({
  v: z.literal(1),
  origin,
  batch: count,
  first: count,
  count,
  sealedAt: instant,
  earliest: z.string().optional(),
  latest: z.string().optional(),
  heartbeatSeconds: z.number().positive(),
  retentionDays: z.number().positive(),
  sources: z.array(stretch),
  gaps: z.array(gap),
  read: count,
  pieces: count,
  malformed: count,
  dropped: counts,
  reduced: counts,
  redacted: counts,
  policy: z.string(),
  config: z.string(),
  agent: z.object({ name: z.string(), version: z.string() }),
  notices: z.array(z.looseObject({ kind: z.string(), at: z.string() })),
});

/** A manifest from the text in a record, or undefined if it does not parse, is of another version or lacks a member. */
export function parseManifest(text: string): Manifest | undefined {
  const parsed = manifestSchema.safeParse(parseJson(Buffer.from(text)));
  return parsed.success ? (parsed.data as unknown as Manifest) : undefined;
}
