import { isFields, type AuditEvent } from './event.ts';
import { remembered } from './flat.ts';
import { textOf, textsOf } from './text.ts';

/** One `@`, no white space, a dot in the domain: a name that an identity provider took from an address. */
const address = /^[^\s@]+@([^\s@]+\.[^\s@]+)$/;
const roleKinds = [' of ClusterRole "', ' of Role "'];

const domainOf = remembered((name) => address.exec(name)?.[1]);

interface Person {
  name: string | undefined;
  id: string | undefined;
  email: string | undefined;
  domain: string | undefined;
  group: { name: string[] } | undefined;
  roles: string[] | undefined;
}

/** ECS `user`, and the names in it for `related.user`. */
export interface Identity {
  readonly user: (Person & { effective: Person | undefined }) | undefined;
  readonly names: readonly string[] | undefined;
}

/**
 * `user` is who authenticated and `user.effective` whom the request acted as: under impersonation the apiserver
 * authorizes the impersonated one, so the role that allowed it is in `user.effective.roles`.
 *
 * @param reason the annotation `authorization.k8s.io/reason`
 */
export function identityOf(event: AuditEvent, reason: string | undefined): Identity {
  const role = reason === undefined ? undefined : roleOf(reason);
  const roles = role === undefined ? undefined : [role];
  const impersonated = isFields(event.impersonatedUser);
  const effective = impersonated ? personOf(event.impersonatedUser, roles) : undefined;
  const own = personOf(event.user, impersonated ? undefined : roles);
  if (own === undefined && effective === undefined) return { user: undefined, names: undefined };
  const person = own ?? nobody;
  const { name, id, email, domain, group } = person;
  return {
    user: { name, id, email, domain, group, roles: person.roles, effective },
    names: namesOf(name, effective?.name),
  };
}

const nobody: Person = {
  name: undefined,
  id: undefined,
  email: undefined,
  domain: undefined,
  group: undefined,
  roles: undefined,
};

function namesOf(own: string | undefined, effective: string | undefined): string[] | undefined {
  if (own === undefined) return effective === undefined ? undefined : [effective];
  return effective === undefined || effective === own ? [own] : [own, effective];
}

/** Undefined if there is nothing to say: a failed login has an empty user. */
function personOf(user: unknown, roles: string[] | undefined): Person | undefined {
  if (!isFields(user)) return undefined;
  const name = textOf(user['username']);
  const id = textOf(user['uid']);
  const groups = textsOf(user['groups']);
  if (name === undefined && id === undefined && groups === undefined && roles === undefined) return undefined;
  const domain = name?.includes('@') ? domainOf(name) : undefined;
  return {
    name,
    id,
    email: domain === undefined ? undefined : name,
    domain,
    group: groups && { name: groups },
    roles,
  };
}

/**
 * The role in `RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to User "z"`. The apiserver prints names with
 * Go's %q, so a quote in a binding's name is `\"` and cannot end it.
 */
const roleOf = remembered((reason) => {
  if (!reason.startsWith('RBAC: allowed by ')) return undefined;
  for (const kind of roleKinds) {
    const found = reason.indexOf(kind);
    if (found < 0) continue;
    const start = found + kind.length;
    const end = reason.indexOf('" to ', start);
    if (end > start) return reason.slice(start, end);
  }
  return undefined;
});
