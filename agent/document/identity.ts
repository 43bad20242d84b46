import { derived } from './derived.ts';
import { isFields, textOf, textsOf } from '../event/index.ts';
import type { AuditEvent, Fields } from '../event/index.ts';
import { memberOf, printMembers } from './print.ts';

/** One `@`, no white space, a dot in the domain: a name that an identity provider took from an address. */
const address = /^[^\s@]+@([^\s@]+\.[^\s@]+)$/;

interface Person {
  readonly name: string | undefined;
  /** As `printMembers` prints them. */
  readonly members: string;
  /** The name alone for ECS `related.user`, printed as that member. */
  readonly related: string;
}

const nobody: Person = { name: undefined, members: '', related: '' };

/**
 * ECS `user`, printed. `user` is who authenticated and `user.effective` whom the request acted as: under impersonation the
 * apiserver authorizes the impersonated one, so the role that allowed it is in `user.effective.roles`.
 *
 * @param roles `rolesMember` of the annotation `authorization.k8s.io/reason`
 */
export function userMember({ user, impersonatedUser }: AuditEvent, roles: string): string {
  if (!isFields(impersonatedUser))
    return isFields(user) ? memberOf('user', personOf(user).members, roles) : '';
  const own = isFields(user) ? personOf(user) : nobody;
  return memberOf('user', own.members, memberOf('effective', personOf(impersonatedUser).members, roles));
}

/** The names for ECS `related.user`, printed as that member. */
export function namesMember({ user, impersonatedUser }: AuditEvent): string {
  const own = isFields(user) ? personOf(user) : nobody;
  const effective = isFields(impersonatedUser) ? personOf(impersonatedUser) : nobody;
  if (effective.name === undefined || effective.name === own.name) return own.related;
  return own.name === undefined ? effective.related : printMembers({ user: [own.name, effective.name] });
}

const personOf = derived((user: Fields): Person => {
  const name = textOf(user['username']);
  const domain = name === undefined ? undefined : address.exec(name)?.[1];
  const groups = textsOf(user['groups']);
  const members = printMembers({
    name,
    id: textOf(user['uid']),
    email: domain === undefined ? undefined : name,
    domain,
    group: groups && { name: groups },
  });
  return { name, members, related: name === undefined ? '' : printMembers({ user: [name] }) };
});

/** A text as Go's `%q` prints it, without its quotes: https://pkg.go.dev/strconv#Quote, of a text that is valid UTF-8. */
const quoted = String.raw`((?:[^"\\]|\\(?:[abfnrtv"\\]|x[0-7][\da-f]|u[\da-f]{4}|U[\da-f]{8}))*)`;

/**
 * What the RBAC authorizer says where it allows (kubernetes pkg/registry/rbac/validation/rule.go, the describers; all names by
 * `%q` since there is a reason, in 1.10). The whole text has to be one: names may hold any of its words and quotes.
 */
const allowed = new RegExp(
  `^RBAC: allowed by (?:ClusterRoleBinding "${quoted}" of ClusterRole|RoleBinding "${quoted}" of (?:Cluster)?Role) "(?<role>${quoted})" to (?:User|Group|ServiceAccount) "${quoted}"$`,
  'u',
);

/**
 * `user.roles`, printed: the role in `RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to User "z"`. None for a
 * reason of any other form: who may name roles and bindings would choose what it says.
 */
export function rolesMember(reason: string | undefined): string {
  const role = reason?.startsWith('RBAC: ') ? unquote(allowed.exec(reason)?.groups?.['role']) : undefined;
  return role === undefined ? '' : printMembers({ roles: [role] });
}

const letters: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const escaped = /\\(?:x..|u....|U........|.)/gu;

/** The text that `%q` printed so; undefined if an escape names no character. */
function unquote(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes('\\')) return text;
  let isText = true;
  const plain = text.replaceAll(escaped, (escape: string) => {
    const hex = escape.slice(2);
    if (hex === '') return letters[escape[1]!] ?? escape[1]!;
    const code = Number.parseInt(hex, 16);
    isText &&= code <= 0x10_ff_ff && (code < 0xd8_00 || code > 0xdf_ff);
    return isText ? String.fromCodePoint(code) : '';
  });
  return isText ? plain : undefined;
}
