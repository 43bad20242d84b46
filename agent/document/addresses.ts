import { arrayItemsMax, sourceAddress, textOf } from '../event/index.ts';
import { derived } from './derived.ts';
import { printMembers } from './print.ts';

/**
 * `source` and `network` of ECS, as `printMembers` prints them: where a request came from. Only the last address is the
 * connection's own: the client writes all others (X-Forwarded-For, X-Real-Ip), so it alone is `source`, as it stands there and as
 * an address. The claimed ones go to `network.forwarded_ip`, ECS's field for the host behind the address that was seen, where no rule
 * takes them for the peer. The mapping copies all of them to `related.ip`.
 */
export function addressMembers(sourceIPs: unknown): string {
  return Array.isArray(sourceIPs) ? membersOfList(sourceIPs) : '';
}

const membersOfList = derived((sourceIPs: readonly unknown[]): string => {
  const own = sourceIPs.at(-1);
  const source = { ip: sourceAddress(own), address: textOf(own) };
  // The bound must not cost the one address that counts: of a longer list the end stays.
  const claimed = sourceIPs
    .slice(-arrayItemsMax, -1)
    .map((text) => sourceAddress(text))
    .filter((address) => address !== undefined);
  return printMembers({
    source: source.address === undefined ? undefined : source,
    network: claimed.length === 0 ? undefined : { forwarded_ip: claimed },
  });
});
