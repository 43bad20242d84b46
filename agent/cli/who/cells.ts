import { printable } from '../../json/index.ts';
import type { Cell } from '../terminal/table.ts';

/** Shown for a member in which the requests of a row differ. */
export const any = '*';

export const nameWidthMax = 60;
const addressesShown = 3;

/** A name as it is, or quoted where it could be taken for two columns or for a missing name. */
export function nameOf(name: string | null | undefined): string {
  if (name === null || name === undefined) return '-';
  return /^[^\s"\p{C}]+$/u.test(name) && name !== '-' && name !== any ? name : JSON.stringify(name);
}

/** `roles.rbac.authorization.k8s.io`, `pods/exec`, or a path. */
export function targetOf({
  resource,
  apiGroup,
  path,
}: {
  resource: string | null;
  apiGroup: string | null;
  path: string | null;
}): string {
  if (resource === null) return nameOf(path);
  if (apiGroup === null) return nameOf(resource);
  const [kind, ...rest] = resource.split('/');
  return nameOf([`${kind}.${apiGroup}`, ...rest].join('/'));
}

export function resultOf({ code, result }: { code: number | null; result: string | null }): string {
  return [code, result].filter((part) => part !== null).join(' ') || '-';
}

export function addressesOf(addresses: readonly string[], moreAddresses: boolean): string {
  const more = addresses.length - addressesShown;
  const least = moreAddresses ? 'at least ' : '';
  const rest = more > 0 ? ` and ${least}${more} more` : '';
  return `${addresses.slice(0, addressesShown).join(', ')}${rest}`;
}

/** A command is words with spaces between them, and the last column but those that are of one form. */
export function commandOf(command: string | null | undefined): string {
  return command === null || command === undefined ? '-' : printable(command);
}

/** In front of a row that was denied, on a terminal. */
export function markOf(result: string | null): Cell {
  return result === 'denied' ? '!' : '';
}

/**
 * How times are told on a terminal: without what all have in common, the day or the year. Elsewhere they are whole, RFC 3339 in UTC.
 */
export function timesOf(
  times: readonly string[],
  isShort: boolean,
): { note: string | undefined; of: (time: string) => string } {
  if (!isShort || times.length === 0) return { note: undefined, of: (time) => time };
  const is = (length: number) => times.every((time) => time.slice(0, length) === times[0]!.slice(0, length));
  const [from, note] = is(10)
    ? [11, `times: UTC, on ${times[0]!.slice(0, 10)}`]
    : is(4)
      ? [5, `times: UTC, in ${times[0]!.slice(0, 4)}`]
      : [0, 'times: UTC'];
  return { note, of: (time) => time.slice(from, 19).replace('T', ' ') };
}
