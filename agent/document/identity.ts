import { derived } from './derived.ts';
import { isFields, textOf, textsOf } from '../event/index.ts';
import type { AuditEvent, Fields } from '../event/index.ts';
import { memberOf, printMembers } from './print.ts';

/** One `@`, no white space, a dot in the domain: a name that an identity provider took from an address. */
const address = /^[^\s@]+@([^\s@]+\.[^\s@]+)$/;
const roleKinds = [' of ClusterRole "', ' of Role "'];

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

/**
 * `user.roles`, printed: the role in `RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to User "z"`. The apiserver
 * prints names with Go's %q, so a quote in a binding's name is `\"` and cannot end it.
 */
export function rolesMember(reason: string | undefined): string {
  if (!reason?.startsWith('RBAC: allowed by ')) return '';
  for (const kind of roleKinds) {
    const found = reason.indexOf(kind);
    if (found < 0) continue;
    const start = found + kind.length;
    const end = reason.indexOf('" to ', start);
    if (end > start) return printMembers({ roles: [reason.slice(start, end)] });
  }
  return '';
}
