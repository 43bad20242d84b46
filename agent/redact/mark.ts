import { createHmac, hash } from 'node:crypto';
import type { Span } from './span.ts';

/** With it equal values have equal marks, and nobody without it can try values out. */
export interface RedactKey {
  readonly secret: Uint8Array;
  /** 4 hex digits that tell it from the key before. */
  readonly id: string;
}

export function redactKey(secret: Uint8Array): RedactKey {
  return {
    secret,
    id: hash('sha256', Buffer.concat([Buffer.from('auditseal redact key\n'), secret])).slice(0, 4),
  };
}

/** What stands in a value's place (docs/seal-format.md §4, "Redacted"). */
export function markOf({ rule, value }: Span, key: RedactKey | undefined): string {
  if (key === undefined) return `redacted.${rule}`;
  const keyed = createHmac('sha256', key.secret).update('auditseal redact\n').update(value, 'latin1');
  return `redacted.${rule}.${key.id}.${keyed.digest('hex').slice(0, 16)}`;
}
