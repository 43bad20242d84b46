import { isIP } from 'node:net';
import { list, member, object, textsOf } from './quote.ts';

/**
 * Where a request came from. Only the last address is the connection's own: the client writes all others
 * (X-Forwarded-For, X-Real-Ip), so it alone is `source.ip`. The claimed ones go to `network.forwarded_ip`, ECS's field for
 * the host behind the address that was seen, where no rule takes them for the peer. `related.ip` has all, to search by.
 */
export function addressesOf(sourceIPs: unknown): { members: string; related: string } {
  const valid = textsOf(lastItems(sourceIPs)).filter(isAddress);
  const isLastValid = Array.isArray(sourceIPs) && valid.length > 0 && sourceIPs.at(-1) === valid.at(-1);
  const claimed = isLastValid ? valid.slice(0, -1) : valid;
  const members =
    (isLastValid ? object('source', member('ip', valid.at(-1))) : '') +
    object('network', list('forwarded_ip', claimed));
  return { members, related: list('ip', valid.length > 1 ? [...new Set(valid)] : valid) };
}

/** The bound must not cost the one address that counts: of a longer list the end stays. */
function lastItems(sourceIPs: unknown): unknown {
  return Array.isArray(sourceIPs) ? sourceIPs.slice(-256) : sourceIPs;
}

/** A zone (`fe80::1%eth0`) is not part of an address to Elasticsearch. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}
