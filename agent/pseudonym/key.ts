import { createHmac, hash } from 'node:crypto';

/** What a pseudonym stands for; each has a domain of its own in the hash. */
export const kinds = ['user', 'email', 'address'] as const;
export type Kind = (typeof kinds)[number];

/** With it the same person has the same pseudonym everywhere, and nobody without it can try names out. */
export interface PseudonymKey {
  readonly secret: Uint8Array;
  /** 4 hex digits that tell it from the key before. */
  readonly id: string;
}

export function pseudonymKey(secret: Uint8Array): PseudonymKey {
  const id = hash('sha256', Buffer.concat([Buffer.from('auditseal pseudonym key\n'), secret])).slice(0, 4);
  return { secret, id };
}

/** HMAC-SHA-256 of a value, in hex (docs/seal-format.md §4, "Pseudonyms"). */
export function keyedHash({ secret }: PseudonymKey, kind: Kind, value: Uint8Array): string {
  return createHmac('sha256', secret).update(`auditseal pseudonym\n${kind}\n`).update(value).digest('hex');
}
