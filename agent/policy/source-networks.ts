import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** True for an address, or a network with the length of its prefix: `10.0.0.0/8`, `::1`. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  if (isIP(address) === 0 || address.includes('%') || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bitsOf(address));
}

/** Networks that an address may lie in. An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) lies in those of IPv4. */
export class SourceNetworks {
  readonly #list = new BlockList();

  /** @param networks each as `isNetwork` takes it */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', prefix = String(bitsOf(address))] = network.split('/');
      this.#list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
    }
  }

  /** Never throws; what is no address lies nowhere. */
  has(address: string | undefined): boolean {
    if (address === undefined) return false;
    if (isIPv4(address)) return this.#list.check(address, 'ipv4');
    return isIPv6(address) && !address.includes('%') && this.#list.check(address, 'ipv6');
  }
}

function bitsOf(address: string): number {
  return isIPv4(address) ? 32 : 128;
}
