import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { keyedHash } from './key.ts';
import type { PseudonymKey } from './key.ts';

/** What says nothing of a person: this host, private, shared (RFC 6598), link-local, multicast and reserved addresses. */
const notPublic = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  notPublic.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  notPublic.addSubnet(network, prefix, 'ipv6');

/**
 * Where public addresses are mapped to: 2001:db8::/32. It is reserved for documentation (RFC 3849): nothing is ever sent from it, so
 * that whoever sees one knows it for a pseudonym, and no rule takes it for an address of a private network.
 */
const prefix = '2001:db8';
const hashDigits = 20;

/** The address in its one form: IPv4 with dots, also where it is written as IPv6, else as RFC 5952 has it; undefined for other texts. */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const address = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/u.exec(address);
  if (!mapped) return address;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** Of an address in its canonical form. */
export function isPublic(address: string): boolean {
  return !notPublic.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/** The address in 2001:db8::/32 that stands for a canonical one: its third group is the key id, the other five are 80 bits of the hash. */
export function addressPseudonym(address: string, key: PseudonymKey): string {
  const digits = keyedHash(key, 'address', Buffer.from(address)).slice(0, hashDigits);
  const groups = digits.match(/.{4}/gu) ?? [];
  return canonicalAddress([prefix, key.id, ...groups].join(':'))!;
}

/** The key id in an address of 2001:db8::/32; undefined for any other text. */
export function keyIdInAddress(text: string): string | undefined {
  const address = canonicalAddress(text);
  if (address === undefined || !address.startsWith(`${prefix}:`)) return undefined;
  // RFC 5952 leaves out zeros, and a run of groups of zeros.
  const group = address.split(':')[2]!;
  return group.padStart(4, '0');
}
