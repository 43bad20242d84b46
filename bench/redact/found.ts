import { parseEvent } from '../../agent/event/index.ts';
import type { Redactor } from '../../agent/redact/index.ts';

/** What the generator of the recordings planted: values that begin so, as text or in base64. */
const planted = ['FAKE-', 'RkFLRS'];
const samplesMax = 3;

export interface Found {
  events: number;
  /** Events of which something was redacted that nobody planted. */
  redacted: number;
  /** Values that were planted, with how often each was found. */
  readonly planted: Map<string, number>;
  /** By rule: what else was found, with the first paths. */
  readonly byRule: Map<string, { count: number; paths: string[] }>;
}

export function nothingFound(): Found {
  return { events: 0, redacted: 0, planted: new Map(), byRule: new Map() };
}

/** Counts what the rules redact of an event, and where; never a value but the planted ones. */
export function countFound(line: Buffer, redactor: Redactor, found: Found): void {
  const event = parseEvent(line);
  if (event === undefined) return;
  found.events += 1;
  let isRedacted = false;
  for (const { rule, path, offset } of redactor.explain(line, event, false)) {
    const value = valueAt(line, offset);
    if (planted.some((beginning) => value.startsWith(beginning))) {
      found.planted.set(value, (found.planted.get(value) ?? 0) + 1);
      continue;
    }
    isRedacted = true;
    const known = found.byRule.get(rule) ?? { count: 0, paths: [] };
    found.byRule.set(rule, known);
    known.count += 1;
    if (known.paths.length < samplesMax && !known.paths.includes(path)) known.paths.push(path);
  }
  if (isRedacted) found.redacted += 1;
}

function valueAt(line: Buffer, offset: number): string {
  const end = line.subarray(offset).findIndex((byte) => byte === 0x22 || byte === 0x5c);
  return line.toString('latin1', offset, end < 0 ? line.length : offset + end);
}

/** A row a rule, then the planted values by how they begin. */
export function linesOf({ events, redacted, planted: values, byRule }: Found): string[] {
  const rows = [...byRule].map(([rule, { count, paths }]) => `${rule}: ${count} (${paths.join(', ')})`);
  const total = [...values.values()].reduce((sum, count) => sum + count, 0);
  return [
    `${redacted} of ${events} events hold something redacted that was not planted`,
    ...rows,
    `set aside: ${total} planted values, ${values.size} different ones`,
  ];
}
