import { isFields, type AuditEvent } from './event.ts';
import { list, member, object, textOf, textsOf } from './quote.ts';

/** One `@`, no white space, a dot in the domain: a name that an identity provider took from an address. */
const address = /^[^\s@]+@([^\s@]+\.[^\s@]+)$/;
const roleKinds = [' of ClusterRole "', ' of Role "'];

/** Who asked, as ECS has it, and the names for `related.user`. */
export interface Identity {
  /** `"user":{…},` or nothing. */
  readonly user: string;
  readonly names: readonly string[];
}

/**
 * `user` is who authenticated and `user.effective` whom the request acted as: under impersonation the apiserver
 * authorizes the impersonated one, so the role that allowed it is in `user.effective.roles`.
 *
 * @param reason the annotation `authorization.k8s.io/reason`
 */
export function identityOf(event: AuditEvent, reason: string | undefined): Identity {
  const roles = rolesOf(reason);
  const impersonated = isFields(event.impersonatedUser);
  const own = membersOf(event.user, impersonated ? [] : roles);
  const effective = impersonated ? object('effective', membersOf(event.impersonatedUser, roles)) : '';
  const names = [nameOf(event.user), nameOf(event.impersonatedUser)].filter((name) => name !== undefined);
  return { user: object('user', own + effective), names: names[0] === names[1] ? names.slice(0, 1) : names };
}

function nameOf(user: unknown): string | undefined {
  return isFields(user) ? textOf(user['username']) : undefined;
}

function membersOf(user: unknown, roles: readonly string[]): string {
  if (!isFields(user)) return '';
  const name = textOf(user['username']);
  const domain = name?.includes('@') ? address.exec(name)?.[1] : undefined;
  return (
    member('name', name) +
    member('id', textOf(user['uid'])) +
    (domain === undefined ? '' : member('email', name) + member('domain', domain)) +
    object('group', list('name', textsOf(user['groups']))) +
    list('roles', roles)
  );
}

/**
 * The role in `RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to User "z"`. The apiserver prints names with
 * Go's %q, so a quote in a binding's name is `\"` and cannot end it.
 */
function rolesOf(reason: string | undefined): string[] {
  if (!reason?.startsWith('RBAC: allowed by ')) return [];
  for (const kind of roleKinds) {
    const found = reason.indexOf(kind);
    if (found < 0) continue;
    const start = found + kind.length;
    const end = reason.indexOf('" to ', start);
    if (end >= 0) return [reason.slice(start, end)];
  }
  return [];
}
