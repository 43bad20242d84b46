import { z } from 'zod';
import { numberOf } from './values.ts';

const day = 86_400;

/** From the least to the most urgent, with the numbers that Elastic's own rules have for each (`event.risk_score`, 0 to 100). */
export const severities = { low: 21, medium: 47, high: 73, critical: 99 } as const;

export type Severity = keyof typeof severities;

const valueName = z
  .string()
  .refine(
    (name) => numberOf(name) !== undefined,
    'must be a variable, or a member of event that has one value',
  );

const after = z.string().min(1).max(4096);

/** What several events have to do with one another; exactly one of the last four is given. */
const window = z
  .strictObject({
    /** Events are counted apart for each combination of these values. */
    by: z.array(valueName).min(1).max(6),
    /** How long an event counts. */
    seconds: z
      .int()
      .min(1)
      .max(90 * day),
    /** So many events. */
    count: z.int().min(2).max(100).optional(),
    /** Events with so many different values. */
    distinct: z.strictObject({ of: valueName, count: z.int().min(2).max(100) }).optional(),
    /** None with this combination within `seconds` before, once so many seconds have been watched. */
    first_seen: z
      .strictObject({
        learn_seconds: z
          .int()
          .min(0)
          .max(90 * day),
      })
      .optional(),
    /** An event that meets this condition came before. */
    after: after.optional(),
  })
  .refine(
    ({ count, distinct, first_seen: firstSeen, after: before }) =>
      [count, distinct, firstSeen, before].filter((one) => one !== undefined).length === 1,
    'must have exactly one of count, distinct, first_seen and after',
  );

const sentence = z.string().min(1).max(500);

export const ruleSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z\d]+(?:-[a-z\d]+)*$/u, 'must be lower case letters and digits, with dashes between')
    .max(64),
  title: z.string().min(1).max(120),
  when: z.string().min(1).max(4096),
  severity: z.enum(['low', 'medium', 'high', 'critical']),
  threat: z
    .array(
      z
        .string()
        .regex(
          /^(?:TA\d{4}|T\d{4}(?:\.\d{3})?)$/u,
          'must be the id of a tactic (TA0006) or technique (T1552.007) of MITRE ATT&CK',
        ),
    )
    .max(10)
    .default([]),
  /** What to look at first when it fires. */
  next: sentence,
  false_positives: sentence,
  /** The least level of the audit policy at which it can fire. */
  needs: z.enum(['Metadata', 'Request', 'RequestResponse']),
  window: window.optional(),
});

export type RuleText = z.infer<typeof ruleSchema>;
export type WindowText = z.infer<typeof window>;

/** A file of rules. */
export const rulesSchema = z.strictObject({ rules: z.array(ruleSchema).max(500) });
