import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Kind, Level, Stage } from './kinds.ts';
import { levels, stages } from './kinds.ts';

/** Values of a field of the audit event; undefined where any will do. */
const values = z.array(z.string()).optional();

const needs = z.strictObject({
  rule: z.string(),
  /** Levels at which the rule sees its event. */
  levels: z.array(z.enum(levels)),
  /** Events that it can be about: one of these is enough. */
  events: z.array(
    z.strictObject({
      resources: values,
      subresources: values,
      verbs: values,
      stages: z.array(z.enum(stages)).optional(),
    }),
  ),
});

/** What one of Elastic's rules needs to be written. */
export type ElasticNeeds = z.infer<typeof needs>;

/**
 * Elastic's 51 prebuilt rules that read audit events (elastic/detection-rules, commit 14cf530f of 2026-08-21): what each needs, by
 * level, stage, verb and resource. Written by test/unit/audit-policy/write.ts from the queries in test/format/rules.
 */
export const elasticNeeds: readonly ElasticNeeds[] = z
  .array(needs)
  .parse(JSON.parse(readFileSync(new URL('elastic-rules.json', import.meta.url), 'utf8')) as unknown);

interface Written {
  readonly kind: Kind;
  readonly verb: string;
  readonly level: Level;
  readonly stage: Stage;
}

/** Whether a rule can be about such an event, as far as its kind tells. */
export function meets(
  { levels: seen, events }: ElasticNeeds,
  { kind, verb, level, stage }: Written,
): boolean {
  return (
    seen.includes(level) &&
    events.some(
      (event) =>
        has(event.resources, kind.resource) &&
        has(event.subresources, kind.subresource) &&
        has(event.verbs, verb) &&
        has(event.stages, stage),
    )
  );
}

function has(wanted: readonly string[] | undefined, value: string): boolean {
  return wanted === undefined || wanted.includes(value);
}
