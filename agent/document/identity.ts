import { derived } from './derived.ts';
import { isFields, loginOf, textOf, textsOf } from '../event/index.ts';
import type { AuditEvent, Fields } from '../event/index.ts';
import { personOf } from '../identity/index.ts';
import type { Entry, Known, Person, PersonPlace } from '../identity/index.ts';
import { memberOf, print, printMembers } from './print.ts';

/** One `@`, no white space, a dot in the domain: a name that an identity provider took from an address. */
const address = /^[^\s@]+@([^\s@]+\.[^\s@]+)$/;

/** Who allowed a request without a reason, which RBAC always gives. */
type SilentAuthorizer = 'system:masters' | 'node';

interface User {
  readonly name: string | undefined;
  /** As `printMembers` prints them. */
  readonly members: string;
  /** Of `auditseal.credential`, as `printMembers` prints them. */
  readonly credential: string;
  readonly silentAuthorizer: SilentAuthorizer | undefined;
}

const nobody: User = { name: undefined, members: '', credential: '', silentAuthorizer: undefined };

/** What the annotations of an event say about who it was. */
export interface Authorization {
  /** `rolesMember` of the annotation `authorization.k8s.io/reason`. */
  readonly roles: string;
  /** Allowed, with an empty reason. */
  readonly isSilent: boolean;
  /** The annotation `authentication.kubernetes.io/issued-credential-id`. */
  readonly issued: string | undefined;
}

/** What a head says of who it was, as `printMembers` prints it. */
export interface Who {
  /** `user` of ECS. */
  readonly user: string;
  /** `related` of ECS: of the names those alone that the mapping does not copy there. */
  readonly related: string;
  /** Of `auditseal`. */
  readonly seal: string;
}

/**
 * ECS `user`: who authenticated, and `user.effective` whom the request acted as, or else the person behind an identity that
 * several share. Under impersonation the apiserver authorizes the impersonated one, so the role that allowed it is in
 * `user.effective.roles`. Where nobody authenticated and the request was for a login, `user` is who tried to log in. What else ECS has
 * of both, groups and id, the mapping finds in the event.
 *
 * @param places where the person behind is looked for
 * @param known what directories say
 */
export function whoOf(
  event: AuditEvent,
  { roles, isSilent, issued }: Authorization,
  places: readonly PersonPlace[],
  known?: Known,
): Who {
  const { user, impersonatedUser } = event;
  const own = isFields(user) ? userOf(user, known?.user) : nobody;
  const person = behind(event, places);
  const impersonated = isFields(impersonatedUser)
    ? userOf(impersonatedUser, known?.effective ?? (person && known?.subject))
    : undefined;
  const login = loginOf(event)?.username;
  const isLogin = login !== undefined && (own.name === undefined || own.name === anonymous);
  const members = isLogin ? nameMembers(login, known?.subject) : own.members;
  const effective =
    impersonated?.members ?? (person === undefined ? '' : nameMembers(person.name, known?.subject));
  const isNamed =
    login === undefined || isLogin || [own.name, impersonated?.name, person?.name].includes(login);
  const { silentAuthorizer } = impersonated ?? own;
  const credential = own.credential + (issued === undefined ? '' : `"issued":${print(issued)},`);
  const [ownRoles, effectiveRoles] = impersonated === undefined ? [roles, ''] : ['', roles];
  return {
    user: memberOf('user', members + memberOf('effective', effective + effectiveRoles) + ownRoles),
    related: isNamed ? '' : printMembers({ related: { user: [login] } }),
    seal:
      (isSilent && silentAuthorizer !== undefined ? `"authorizer":"${silentAuthorizer}",` : '') +
      memberOf('credential', credential) +
      (person === undefined ? '' : personMember(person)) +
      (known === undefined ? '' : directoryMember(known)),
  };
}

const anonymous = 'system:anonymous';

function behind(event: AuditEvent, places: readonly PersonPlace[]): Person | undefined {
  if (!isFields(event.user)) return undefined;
  return event.impersonatedUser === undefined ? behindUser(event.user, places) : personOf(event, places);
}

const behindUser = derived((user: Fields, places: readonly PersonPlace[]) =>
  personOf({ user, impersonatedUser: undefined }, places),
);

function personMember({ name, place, isClaimed }: Person): string {
  return printMembers({ person: { name, place, claimed: isClaimed ? true : undefined } });
}

/** What directories say beyond what ECS has a field for; `status` says where that is from. */
function directoryMember({ subject, status }: Known): string {
  const { full_name: _name, email: _email, ...more } = subject?.fields ?? {};
  return printMembers({ directory: { status, ...more } });
}

/** Members of `user` of who is only known by name. */
function nameMembers(name: string, entry: Entry | undefined): string {
  return printMembers({ name, ...contactOf(name, entry) });
}

/** ECS has a full name and an e-mail address, which is the name where nobody says another. */
function contactOf(name: string | undefined, entry: Entry | undefined): object {
  const email = entry?.fields['email'];
  const domain = address.exec(email ?? name ?? '')?.[1];
  return {
    full_name: entry?.fields['full_name'],
    // Under pseudonyms it is no address any more.
    email: email ?? (domain === undefined ? undefined : name),
    domain,
  };
}

const userOf = derived((user: Fields, entry: Entry | undefined): User => {
  const name = textOf(user['username']);
  return {
    name,
    members: printMembers({ name, ...contactOf(name, entry) }),
    credential: credentialOf(user),
    silentAuthorizer: silentAuthorizerOf(name, user['groups']),
  };
});

/**
 * Whom an empty reason with `allow` stands for (docs/queries.md). The group system:masters is allowed everything before any other
 * authorizer is asked; the node authorizer is for who has a node's name and its group. ABAC, AlwaysAllow, a webhook
 * that gives no reason and the paths that all may read (--authorization-always-allow-paths) cannot be told apart.
 */
function silentAuthorizerOf(name: string | undefined, groups: unknown): SilentAuthorizer | undefined {
  if (!Array.isArray(groups)) return undefined;
  if (groups.includes('system:masters')) return 'system:masters';
  return name?.startsWith('system:node:') === true && groups.includes('system:nodes') ? 'node' : undefined;
}

/**
 * The credential that a user came with, and the pod and node that a service account's token was made for
 * (k8s.io/apiserver pkg/authentication/user and serviceaccount). Only of who authenticated: what an impersonated
 * user has under these keys is chosen by who impersonates.
 */
function credentialOf({ extra }: Fields): string {
  if (!isFields(extra)) return '';
  const first = (key: string) => textsOf(extra[`authentication.kubernetes.io/${key}`])?.[0];
  return printMembers({ id: first('credential-id'), node: first('node-name'), pod: first('pod-name') });
}

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
