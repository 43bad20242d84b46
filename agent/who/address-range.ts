import { BlockList, isIP } from 'node:net';
import { WhoError } from './error.ts';

/**
 * An address, or a range in CIDR form, as Elasticsearch takes it in a `term` query of a field of type `ip`. Throws WhoError `usage`.
 */
export function parseAddressRange(text: string): string {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  const isRange = bits === undefined || (/^\d{1,3}$/u.test(bits) && isPrefix(address, Number(bits), family));
  if (family === 0 || address.includes('%') || !isRange || more.length > 0)
    throw new WhoError(
      'usage',
      `--source-ip: ${JSON.stringify(text)} is neither an address as 192.0.2.7 nor a range as 192.0.2.0/24 or 2001:db8::/32`,
    );
  return text;
}

function isPrefix(address: string, bits: number, family: number): boolean {
  try {
    new BlockList().addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false;
  }
}
