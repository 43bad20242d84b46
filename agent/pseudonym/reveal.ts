import { isIPv4, isIPv6 } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { canonicalAddress, keyIdInAddress } from './address.ts';
import { pseudonymOf, unitsOf } from './pseudonyms.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** Addresses of ranges that are tried at once: a minute or two. */
export const candidatesMax = 2 ** 24;
const candidatesAtOnce = 2 ** 14;

const pattern = /^pseudonym\.(?:user|email)\.([\da-f]{4})\.[\da-f]{16}$/u;

/** The key id in a pseudonym; undefined for what is none. */
export function keyIdOf(pseudonym: string): string | undefined {
  return pattern.exec(pseudonym)?.[1] ?? keyIdInAddress(pseudonym);
}

/** The pseudonym in what stands in a field: with the prefix of a name (`oidc:`), an address in any form. */
export function pseudonymIn(text: string): string | undefined {
  const found = /pseudonym\.(?:user|email)\.[\da-f]{4}\.[\da-f]{16}$/u.exec(text)?.[0];
  return found ?? (keyIdInAddress(text) === undefined ? undefined : canonicalAddress(text));
}

/** Tries candidates until it is known who they are. Nothing else can be done: a keyed hash cannot be turned back. */
export class Revealer {
  /** By pseudonym: who it is, where that was found. */
  readonly found = new Map<string, string>();
  readonly #wanted: ReadonlySet<string>;
  readonly #keys: readonly Pseudonyms[];

  constructor(wanted: readonly string[], keys: readonly Pseudonyms[]) {
    this.#wanted = new Set(wanted);
    this.#keys = keys;
  }

  /** Whether there is nobody left to be found. */
  get isDone(): boolean {
    return this.found.size === this.#wanted.size;
  }

  /** Tries a name, an e-mail address or an address. */
  try(candidate: string): void {
    for (const pseudonyms of this.#keys) {
      const units = unitsOf(candidate);
      const part = pseudonyms.name(units);
      const name = part && Buffer.from(units.slice(part.from, part.to), 'latin1').toString();
      const address =
        canonicalAddress(candidate) === undefined ? undefined : pseudonymOf(candidate, pseudonyms);
      if (part && name !== undefined) this.#note(part.pseudonym, name);
      if (address !== undefined) this.#note(address, candidate);
    }
  }

  /** Tries all addresses of ranges, as `addressesOf` takes them. */
  async tryRange(range: string, signal?: AbortSignal): Promise<void> {
    let tried = 0;
    for (const address of addressesOf(range)) {
      for (const pseudonyms of this.#keys) this.#note(pseudonymOf(address, pseudonyms), address);
      tried += 1;
      if (tried % candidatesAtOnce !== 0) continue;
      if (this.isDone) return;
      await turn();
      signal?.throwIfAborted();
    }
  }

  #note(pseudonym: string, value: string): void {
    if (this.#wanted.has(pseudonym)) this.found.set(pseudonym, value);
  }
}

/** How many addresses `203.0.113.0/24` or `2001:db8::/120` has; undefined for what is no range, or no address. */
export function sizeOf(range: string): number | undefined {
  const [address = '', prefix, ...more] = range.split('/');
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : undefined;
  if (bits === undefined || more.length > 0) return undefined;
  if (prefix === undefined) return 1;
  if (!/^\d{1,3}$/u.test(prefix) || Number(prefix) > bits) return undefined;
  return 2 ** (bits - Number(prefix));
}

/** The addresses of a range. */
function* addressesOf(range: string): Generator<string> {
  const [address = '', prefix] = range.split('/');
  const size = sizeOf(range) ?? 0;
  if (prefix === undefined) {
    yield address;
    return;
  }
  const first = numberOf(address) - (numberOf(address) % BigInt(size));
  for (let i = 0; i < size; i += 1) yield textOf(first + BigInt(i), isIPv4(address));
}

function numberOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((text) => (text === '' ? [] : text.split(':'))) as [
    string[],
    string[],
  ];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after].reduce(
    (sum, group) => sum * 65_536n + BigInt(`0x${group}`),
    0n,
  );
}

function textOf(number: bigint, isV4: boolean): string {
  if (isV4) return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 0xffn)).join('.');
  return Array.from({ length: 8 }, (_, i) => ((number >> BigInt(16 * (7 - i))) & 0xffffn).toString(16)).join(
    ':',
  );
}
