import { addressPseudonym, canonicalAddress, isPublic } from './address.ts';
import { emailAround } from './email.ts';
import type { Part } from './email.ts';
import { keyedHash } from './key.ts';
import type { Kind, PseudonymKey } from './key.ts';

const hashDigits = 16;
const knownMax = 4096;
/** What stands between the prefix that an apiserver puts before a name and the name: `oidc:`, `https://issuer#`. */
const prefixEnds = ':#/';

/** What Kubernetes reserves for itself, and EKS for its own controllers. */
function isSystem(name: string): boolean {
  return name.startsWith('system:') || name.startsWith('eks:');
}

/** A part of a text and the pseudonym that takes its place. */
export interface Replaced extends Part {
  readonly kind: Kind;
  readonly pseudonym: string;
}

/**
 * Pseudonyms under one key. Texts are units of bytes: a character of the code 0 to 255 for each byte of their UTF-8, as
 * redaction decodes them (`unitsOf` makes them of strings).
 */
export class Pseudonyms {
  readonly key: PseudonymKey;
  readonly #kept: ReadonlySet<string>;
  readonly #known = new Map<string, string>();

  /** @param keepUsers names of accounts that are no person */
  constructor(key: PseudonymKey, keepUsers: readonly string[] = []) {
    this.key = key;
    this.#kept = new Set(keepUsers.map(unitsOf));
  }

  /** Whether it is the name of a person, and not of a part of Kubernetes, a service account, a node, or an account that is kept. */
  isPerson(name: string): boolean {
    return name !== '' && name !== '~' && !isSystem(name) && !this.#kept.has(name);
  }

  /**
   * What of the name of a user is replaced: nothing of a system identity. Of a name that ends in an e-mail address that address
   * alone: with another prefix, or without one, it is the same person.
   */
  name(name: string): Replaced | undefined {
    if (!this.isPerson(name)) return undefined;
    const at = name.lastIndexOf('@');
    const email = at < 0 ? undefined : emailAround(name, at, false);
    if (email?.to === name.length && (email.from === 0 || prefixEnds.includes(name.charAt(email.from - 1))))
      return this.email(name, email);
    return { from: 0, to: name.length, kind: 'user', pseudonym: this.#pseudonym('user', name) };
  }

  /** Of an e-mail address in a text. */
  email(text: string, { from, to }: Part): Replaced {
    return { from, to, kind: 'email', pseudonym: this.#pseudonym('email', text.slice(from, to)) };
  }

  /** What stands for an address; undefined where it is no public one. */
  address(text: string): string | undefined {
    const address = canonicalAddress(text);
    return address === undefined || !isPublic(address)
      ? undefined
      : this.#remembered(`address ${address}`, () => addressPseudonym(address, this.key));
  }

  #pseudonym(kind: Kind, units: string): string {
    return this.#remembered(
      `${kind} ${units}`,
      () =>
        `pseudonym.${kind}.${this.key.id}.${keyedHash(this.key, kind, Buffer.from(units, 'latin1')).slice(0, hashDigits)}`,
    );
  }

  #remembered(name: string, make: () => string): string {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const made = make();
    // Clients choose e-mail addresses and names without end.
    if (this.#known.size >= knownMax) this.#known.clear();
    this.#known.set(name, made);
    return made;
  }
}

/** A string as units of its UTF-8. */
export function unitsOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The name as it stands in Elasticsearch: with the pseudonym in its place, or as it is where it stays. An address is one, too. */
export function pseudonymOf(name: string, pseudonyms: Pseudonyms): string {
  const address = pseudonyms.address(name);
  if (address !== undefined) return address;
  if (canonicalAddress(name) !== undefined) return name;
  const units = unitsOf(name);
  const found = pseudonyms.name(units);
  if (!found) return name;
  const { from, to, pseudonym } = found;
  return Buffer.from(units.slice(0, from) + pseudonym + units.slice(to), 'latin1').toString();
}
