import { isFields, loginOf, textOf } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';
import { isPersonal, personOf } from './person.ts';
import type { PersonPlace } from './default-places.ts';

/** A person as a directory has him. Never changed: a directory that was read anew has other ones. */
export interface Entry {
  /** Names by which events may call him. */
  readonly names: readonly string[];
  /** `full_name`, `email`, `department`, `manager`, `employment`, and any others that were asked for. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * - `known`: a directory has the person
 * - `unknown`: none has
 * - `ambiguous`: one has several of that name
 * - `unavailable`: none has, and one was never read
 */
export type DirectoryStatus = 'known' | 'unknown' | 'ambiguous' | 'unavailable';

/** The people of all directories at one instant. */
export interface People {
  /** Another one with each change of a directory: what was made of people of another generation may be out of date. */
  readonly generation: number;
  find(name: string): { readonly status: DirectoryStatus; readonly entry?: Entry | undefined };
}

/** What directories say of an event's users. */
export interface Known {
  /** Of who authenticated. */
  readonly user: Entry | undefined;
  /** Of who was impersonated. */
  readonly effective: Entry | undefined;
  /** Of whom the request was really by: the person behind, else who authenticated, else who was impersonated. */
  readonly subject: Entry | undefined;
  readonly status: DirectoryStatus;
}

/** What {@link knownOf} reads of an event: of two events that are equal in these the same is known, of people of one generation. */
export const knownReads = ['user', 'impersonatedUser', 'annotations', 'objectRef'] as const;

/** What directories say of an event's users; undefined where none of them is a person. It waits for nothing. */
export function knownOf(
  event: Pick<AuditEvent, (typeof knownReads)[number]>,
  places: readonly PersonPlace[],
  people: People,
): Known | undefined {
  const user = personal(event.user);
  const effective = personal(event.impersonatedUser);
  const login = loginOf(event);
  // Of a login that failed the client chose the name.
  const loggedIn = login?.decision === 'allow' ? login.username : undefined;
  const subject = personOf(event, places)?.name ?? user ?? effective ?? loggedIn;
  if (subject === undefined) return undefined;
  const found = people.find(subject);
  return {
    user: user === undefined ? undefined : people.find(user).entry,
    effective: effective === undefined ? undefined : people.find(effective).entry,
    subject: found.entry,
    status: found.status,
  };
}

function personal(user: unknown): string | undefined {
  const name = isFields(user) ? textOf(user['username']) : undefined;
  return name !== undefined && isPersonal(name) ? name : undefined;
}
