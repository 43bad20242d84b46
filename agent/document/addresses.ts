import { isIP } from 'node:net';
import { arrayItemsMax } from './text.ts';

/** `source`, `network` and `related.ip` of ECS. */
export interface Addresses {
  readonly source: { ip: string } | undefined;
  readonly network: { forwarded_ip: string[] } | undefined;
  readonly related: string[] | undefined;
}

const nothing: Addresses = { source: undefined, network: undefined, related: undefined };

/**
 * Where a request came from. Only the last address is the connection's own: the client writes all others
 * (X-Forwarded-For, X-Real-Ip), so it alone is `source.ip`. The claimed ones go to `network.forwarded_ip`, ECS's field for
 * the host behind the address that was seen, where no rule takes them for the peer. `related.ip` has all, to search by.
 */
export function addressesOf(sourceIPs: unknown): Addresses {
  if (!Array.isArray(sourceIPs)) return nothing;
  const own = sourceIPs.at(-1) as unknown;
  const source = isAddress(own) ? { ip: own } : undefined;
  if (sourceIPs.length === 1) return source ? { source, network: undefined, related: [source.ip] } : nothing;
  // The bound must not cost the one address that counts: of a longer list the end stays.
  const claimed = (sourceIPs as unknown[]).slice(-arrayItemsMax, -1).filter((text) => isAddress(text));
  const related = [...new Set(source ? [...claimed, source.ip] : claimed)];
  return {
    source,
    network: claimed.length === 0 ? undefined : { forwarded_ip: claimed },
    related: related.length === 0 ? undefined : related,
  };
}

/** A zone (`fe80::1%eth0`) is not part of an address to Elasticsearch. */
function isAddress(value: unknown): value is string {
  return typeof value === 'string' && isIP(value) !== 0 && !value.includes('%');
}
