import { BlockList, isIP } from 'node:net';

/** Special-purpose addresses (IANA's registries for IPv4 and IPv6), by what may be configured. */
const own = blockList(
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['::1', 128],
  ['fc00::', 7],
);

/**
 * Never a receiver: this network, link-local (where clouds answer with credentials), protocol assignments, benchmarks, multicast,
 * reserved; and of IPv6 what holds an IPv4 address that was not looked at (NAT64, 6to4, Teredo).
 */
const never = blockList(
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
);

/** Whether an address is loopback or private: of this machine, of the cluster, of the site. */
export function isPrivate(address: string): boolean {
  return isIn(own, address);
}

/**
 * Whether a connection to an address may be made.
 *
 * @param allowsPrivate the endpoint's `allowPrivateAddresses`
 * @param isPlain nothing is encrypted, so that only private addresses may be told
 */
export function isAllowed(address: string, allowsPrivate: boolean, isPlain: boolean): boolean {
  if (isIP(address) === 0 || isIn(never, address)) return false;
  return isPrivate(address) ? allowsPrivate : !isPlain;
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function blockList(...subnets: readonly [net: string, prefix: number][]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}
