import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const folder = join(import.meta.dirname, '../../kit/fixtures/rules');

/** Auditids of crafted events. */
const expectation = z.strictObject({
  /** Made so that the rule finds them; several where it looks for several together. */
  hit: z.array(z.string()).min(1),
  /** Made so that it does not, for one difference. */
  near_miss: z.array(z.string()).min(1),
  /** Made for other rules; this one is right to find them, too. */
  also: z.array(z.string()),
});

export type Expectation = z.infer<typeof expectation>;

/** By the rule's name. */
export const expectations: ReadonlyMap<string, Expectation> = new Map(
  Object.entries(
    z
      .record(z.string(), expectation)
      .parse(JSON.parse(readFileSync(join(folder, 'expect.json'), 'utf8')) as unknown),
  ),
);

const crafted = z.looseObject({
  auditID: z.string(),
  level: z.enum(['Metadata', 'Request', 'RequestResponse']),
  stage: z.string(),
  requestObject: z.unknown().optional(),
  responseObject: z.unknown().optional(),
});

export interface Crafted extends z.infer<typeof crafted> {
  /** As the apiserver would write it, without its newline. */
  line: string;
}

/** Self-made events in the apiserver's shapes, in the order of their times, by auditID. */
export const events: ReadonlyMap<string, Crafted> = new Map(
  readFileSync(join(folder, 'events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const event = { ...crafted.parse(JSON.parse(line)), line };
      return [event.auditID, event];
    }),
);
