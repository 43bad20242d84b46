import { derived } from './derived.ts';
import { printMembers } from './print.ts';
import { arrayItemsMax, sourceAddress, textOf } from '../event/index.ts';

/** What is said of addresses, as `printMembers` prints it. */
export interface Addresses {
  /** `source` and `network` of ECS. */
  readonly members: string;
  /** `ip` of ECS `related`. */
  readonly related: string;
}

const nothing: Addresses = { members: '', related: '' };

/**
 * Where a request came from. Only the last address is the connection's own: the client writes all others
 * (X-Forwarded-For, X-Real-Ip), so it alone is `source.ip`, and `source.address` as it stands there. The claimed ones go to `network.forwarded_ip`, ECS's field for
 * the host behind the address that was seen, where no rule takes them for the peer. `related.ip` has all, to search by.
 */
export function addressesOf(sourceIPs: unknown): Addresses {
  return Array.isArray(sourceIPs) ? addressesOfList(sourceIPs) : nothing;
}

const addressesOfList = derived((sourceIPs: readonly unknown[]): Addresses => {
  const own = sourceIPs.at(-1);
  const ip = sourceAddress(own);
  // As it stands there: with a port or a zone it is no `ip`, and what is no address at all is still what was logged.
  const source = { ip, address: textOf(own) };
  // The bound must not cost the one address that counts: of a longer list the end stays.
  const claimed = sourceIPs
    .slice(-arrayItemsMax, -1)
    .map((item) => sourceAddress(item))
    .filter((address) => address !== undefined);
  const related = [...new Set(ip === undefined ? claimed : [...claimed, ip])];
  const network = claimed.length === 0 ? undefined : { forwarded_ip: claimed };
  return {
    members: printMembers({ source: source.address === undefined ? undefined : source, network }),
    related: related.length === 0 ? '' : printMembers({ ip: related }),
  };
});
