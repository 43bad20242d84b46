import { createHash } from 'node:crypto';
import { z } from 'zod';
import { severities } from '../detect/index.ts';
import type { Severity } from '../detect/index.ts';

/** Of an alert in the outbox, as JSON: samples are left out of one that would be longer. */
export const alertBytesMax = 4096;
export const samplesMax = 3;

const sample = z.object({
  /** RFC 3339: the event's own time. */
  at: z.string(),
  verb: z.string(),
  /** `pods/exec prod/web-0`, or the path of a request for no object. */
  resource: z.string(),
  user: z.string().optional(),
  /** Who acted as `user`. */
  impersonator: z.string().optional(),
  address: z.string().optional(),
  userAgent: z.string().optional(),
  code: z.number().optional(),
  /** `event.id` of its document, by which it is found in Elasticsearch. */
  eventId: z.string(),
  auditId: z.string().optional(),
  /** Ids of further rules that found the event. */
  also: z.array(z.string()).optional(),
});

/** One event behind an alert, after redaction and with pseudonyms; every text is one bounded line. */
export type Sample = z.infer<typeof sample>;

const alert = z.object({
  v: z.literal(1),
  /** The same in every delivery of it, also after a crash. */
  key: z.string(),
  /** Of matches of one rule by one user, or of one kind of notice: what belongs together for a reader. */
  group: z.string(),
  kind: z.enum(['match', 'notice']),
  /** Id of the rule, or what kind of notice: `gap`. */
  rule: z.string(),
  title: z.string(),
  /** What to look at first. */
  next: z.string(),
  severity: z.enum(['low', 'medium', 'high', 'critical']),
  cluster: z.string(),
  node: z.string(),
  source: z.string(),
  /** The user; empty where there is none. */
  subject: z.string(),
  /** Events, or notices. */
  count: z.int(),
  /** Times of the first and the last. */
  from: z.string(),
  to: z.string(),
  samples: z.array(sample),
});

/** What one batch has for one endpoint of one group: a row of the outbox. */
export type Alert = z.infer<typeof alert>;

/** An alert of the outbox; undefined for what no release of this kind wrote. */
export function parseAlert(body: string): Alert | undefined {
  try {
    return alert.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/** An alert as the outbox has it: JSON of at most `alertBytesMax` bytes. */
export function printAlert(whole: Alert): string {
  for (let kept = whole.samples.length; kept > 0; kept -= 1) {
    const text = JSON.stringify({ ...whole, samples: whole.samples.slice(0, kept) });
    if (Buffer.byteLength(text) <= alertBytesMax) return text;
  }
  return JSON.stringify({ ...whole, samples: [] });
}

/** 32 hex digits that stand for these texts and no others. */
export function keyOf(...texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 32);
}

export interface SourceNames {
  readonly cluster: string;
  readonly node: string;
  readonly source: string;
}

/** What belongs together for a reader. */
export function groupOf(
  { cluster, node, source }: SourceNames,
  kind: string,
  rule: string,
  subject: string,
): string {
  return keyOf(cluster, node, source, kind, rule, subject);
}

/** Several alerts of one group as one. The newest says what it is about, the oldest gives the samples. */
export function merged(alerts: readonly Alert[]): Alert {
  const last = alerts.at(-1)!;
  if (alerts.length === 1) return last;
  return {
    ...last,
    key: keyOf(...alerts.map(({ key }) => key).toSorted()),
    count: alerts.reduce((sum, { count }) => sum + count, 0),
    from: alerts.map(({ from }) => from).toSorted()[0]!,
    to: alerts
      .map(({ to }) => to)
      .toSorted()
      .at(-1)!,
    severity: alerts.map(({ severity }) => severity).toSorted(byUrgency)[0]!,
    samples: alerts.flatMap(({ samples }) => samples).slice(0, samplesMax),
  };
}

/** The most urgent first. */
export function byUrgency(a: Severity, b: Severity): number {
  return severities[b] - severities[a];
}

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities[severity] >= severities[least];
}
