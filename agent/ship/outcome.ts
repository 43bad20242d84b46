import { ShipError } from '../elasticsearch/index.ts';

/**
 * Whether what was sent may have been done although this came back: a broken or cut answer, none in time, a 5xx (a proxy's may
 * hide a success), or our own stop. A 4xx was turned away at the door, but for 408, which proxies say of a server that may
 * still be at work.
 */
export function mayHaveBeenDone(error: unknown): boolean {
  if (!(error instanceof ShipError)) return true;
  const { status, unsent } = error;
  return !unsent && (status === undefined || status < 400 || status >= 500 || status === 408);
}
