import { isIP } from 'node:net';

/** An address with a port behind it: `192.0.2.10:4711`, `[2001:db8::1]:443`. */
const withPort = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]+)):\d{1,5}$/u;

/**
 * The IP address in an item of `sourceIPs`: a proxy may have written a port to it, and a zone (`fe80::1%eth0`) names an interface
 * of one machine. undefined for what is no address.
 */
export function sourceAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const groups = isIP(value) === 0 ? withPort.exec(value)?.groups : undefined;
  const address = (groups?.['six'] ?? groups?.['four'] ?? value).replace(/%.*$/u, '');
  return isIP(address) === 0 ? undefined : address;
}
