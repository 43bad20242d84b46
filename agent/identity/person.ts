import { isFields, textOf } from '../event/index.ts';
import type { AuditEvent, Fields } from '../event/index.ts';
import { parseBounded } from '../json/index.ts';
import type { PersonPlace } from './default-places.ts';

/** The person behind an identity that several share. */
export interface Person {
  readonly name: string;
  /** Which place said so: `user.extra.sessionName`, `impersonatedUser.extra.username`, `user.username`. */
  readonly place: string;
  /** Whoever made the request may have chosen the name. */
  readonly isClaimed: boolean;
}

/** Longer is no name: an assertion, a token. */
const nameUnitsMax = 1024;
/** Of a JSON text in an `extra`: its members are a name, an id, groups. */
const textBounds = { bytesMax: 16 * 1024, valuesMax: 1000 };
/** A name with white space other than blanks inside, or with control characters, is none. */
const odd = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** What {@link personOf} reads of an event: of two events that are equal in these the person is the same. */
export const personReads = ['user', 'impersonatedUser'] as const;

/**
 * The person whom the first of the places names; undefined where none does, or what the event says of users already is that name. What is no name of
 * a person (`system:…`) is none here either: a place must not make anybody a part of Kubernetes.
 */
export function personOf(
  { user, impersonatedUser }: Pick<AuditEvent, (typeof personReads)[number]>,
  places: readonly PersonPlace[],
): Person | undefined {
  if (!isFields(user)) return undefined;
  const actor = textOf(user['username']);
  const effective = isFields(impersonatedUser) ? impersonatedUser : undefined;
  for (const place of places) {
    const holder = place.of === 'user' ? user : effective;
    if (holder === undefined || !isOf(actor, place.actors)) continue;
    const name = nameAt(holder, place);
    if (name === undefined) continue;
    if (name === actor || name === effective?.['username']) return undefined;
    return { name, place: labelOf(place), isClaimed: place.claimed };
  }
  return undefined;
}

/** The keys of `extra` that places name. */
export function extrasOf(places: readonly PersonPlace[]): ReadonlySet<string> {
  return new Set(places.map(({ extra }) => extra).filter((key) => key !== undefined));
}

/** Whether a name is that of a person, or of an account that one uses, and not a part of Kubernetes. */
export function isPersonal(name: string): boolean {
  return name !== '' && !name.startsWith('system:');
}

function labelOf({ of, extra, member }: PersonPlace): string {
  if (extra === undefined) return `${of}.username`;
  return `${of}.extra.${extra}${member === undefined ? '' : `.${member}`}`;
}

function isOf(actor: string | undefined, actors: readonly string[] | undefined): boolean {
  if (actors === undefined) return true;
  return actor !== undefined && actors.some((pattern) => isLike(actor, pattern));
}

/** `*` at the end stands for anything. */
function isLike(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function nameAt(holder: Fields, { extra, member, prefix }: PersonPlace): string | undefined {
  const value = extra === undefined ? holder['username'] : firstOf(holder['extra'], extra);
  const found = member === undefined ? value : memberIn(value, member);
  if (typeof found !== 'string') return undefined;
  const name = prefix === undefined ? found : behind(found, prefix);
  return name !== undefined && name.length <= nameUnitsMax && isPersonal(name) && !odd.test(name)
    ? name
    : undefined;
}

function firstOf(extra: unknown, key: string): unknown {
  const values = isFields(extra) && Object.hasOwn(extra, key) ? extra[key] : undefined;
  return Array.isArray(values) ? values[0] : undefined;
}

function memberIn(value: unknown, member: string): unknown {
  if (typeof value !== 'string') return undefined;
  const parsed = parseBounded(Buffer.from(value), textBounds);
  return isFields(parsed) && Object.hasOwn(parsed, member) ? parsed[member] : undefined;
}

/** The rest of a name behind a prefix, in which one `*` stands for anything but what follows it there. */
function behind(name: string, prefix: string): string | undefined {
  const star = prefix.indexOf('*');
  if (star < 0) return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
  const [begin, end] = [prefix.slice(0, star), prefix.slice(star + 1)];
  if (!name.startsWith(begin) || end === '') return undefined;
  const at = name.indexOf(end, begin.length);
  return at < 0 ? undefined : name.slice(at + end.length);
}
