import { isIP } from 'node:net';
import { derived } from './derived.ts';
import { printMembers } from './print.ts';
import { arrayItemsMax } from '../event/index.ts';

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
 * (X-Forwarded-For, X-Real-Ip), so it alone is `source.ip`. The claimed ones go to `network.forwarded_ip`, ECS's field for
 * the host behind the address that was seen, where no rule takes them for the peer. `related.ip` has all, to search by.
 */
export function addressesOf(sourceIPs: unknown): Addresses {
  return Array.isArray(sourceIPs) ? addressesOfList(sourceIPs) : nothing;
}

const addressesOfList = derived((sourceIPs: readonly unknown[]): Addresses => {
  const own = sourceIPs.at(-1);
  const source = isAddress(own) ? { ip: own } : undefined;
  // The bound must not cost the one address that counts: of a longer list the end stays.
  const claimed = sourceIPs.slice(-arrayItemsMax, -1).filter((text) => isAddress(text));
  const related = [...new Set(source ? [...claimed, source.ip] : claimed)];
  const network = claimed.length === 0 ? undefined : { forwarded_ip: claimed };
  return {
    members: printMembers({ source, network }),
    related: related.length === 0 ? '' : printMembers({ ip: related }),
  };
});

/** A zone (`fe80::1%eth0`) is not part of an address to Elasticsearch. */
function isAddress(value: unknown): value is string {
  return typeof value === 'string' && isIP(value) !== 0 && !value.includes('%');
}
