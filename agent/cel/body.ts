import { keyOf, members, parseJson } from '../json/index.ts';

/** The members of an event whose value is the client's or the cluster's own object. */
export type BodyMember = 'requestObject' | 'responseObject';

/**
 * Reads bodies out of an event's bytes, each when it is first asked for: most conditions never ask.
 *
 * @param event the bytes that the event was parsed from
 * @returns undefined for a body that is not there
 */
export function bodiesIn(event: Buffer): (member: BodyMember) => unknown {
  const read = new Map<BodyMember, unknown>();
  return (member) => {
    if (!read.has(member)) read.set(member, bodyIn(event, member));
    return read.get(member);
  };
}

function bodyIn(event: Buffer, name: BodyMember): unknown {
  let value: Buffer | undefined;
  // Of a repeated member the last counts, as JSON.parse has it and the rest of an event is read.
  for (const member of members(event))
    if (keyOf(event, member) === name) value = event.subarray(member.valueStart, member.valueEnd);
  return value === undefined ? undefined : celValue(parseJson(value));
}

/**
 * A parsed JSON value as conditions see it: whole numbers are int, as Kubernetes' own CEL has them; a member that is null is not
 * there, as Kubernetes takes it, so that `has()` and optional members tell the same of both. Objects become maps: a client may
 * call a member `constructor`.
 */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => celValue(item));
  if (typeof value !== 'object' || value === null) return value;
  const map = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) if (item !== null) map.set(key, celValue(item));
  return map;
}
