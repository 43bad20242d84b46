import { z } from 'zod';

/** What the agent keeps in the state for `status`, beside what the state is for. Absent: never, or not now. */
const observation = z.object({
  /** RFC 3339, as all times here. */
  at: z.string(),
  /** Absent where it cannot be known: the log was not looked at, or cannot be read. */
  lagBytes: z.number().optional(),
  /** The log cannot be read: why, and what to do. */
  unreadable: z.object({ since: z.string(), message: z.string() }).optional(),
  paused: z.object({ reason: z.enum(['spool', 'disk']), since: z.string() }).optional(),
  /** The newest failed request, mended or not. */
  trouble: z.object({ at: z.string(), cause: z.string(), message: z.string() }).optional(),
  acknowledgedAt: z.string().optional(),
  newestShipped: z.string().optional(),
});

/** With members that are absent or undefined. */
export type Observation = z.infer<typeof observation>;

/** Undefined if there is none, or one that another release wrote: nothing depends on it. */
export function parseObservation(text: string | null): Observation | undefined {
  if (text === null) return undefined;
  try {
    return observation.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
