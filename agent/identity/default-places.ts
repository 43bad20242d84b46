/** Where a person behind a shared identity is looked for; docs/identity.md says what each member means. */
export interface PersonPlace {
  readonly of: 'user' | 'impersonatedUser';
  /** Key of `extra`; without it the name itself. */
  readonly extra?: string | undefined;
  /** Member of the JSON text there. */
  readonly member?: string | undefined;
  /** What is taken off, one `*` in it for anything; what does not begin so is no person's name. */
  readonly prefix?: string | undefined;
  /** Names of who must have authenticated, `*` at the end for anything. */
  readonly actors?: readonly string[] | undefined;
  /** Whoever makes the request may have chosen the name. */
  readonly claimed: boolean;
}

const rancher = [
  'system:serviceaccount:cattle-system:*',
  'system:serviceaccount:cattle-impersonation-system:cattle-impersonation-*',
];

/**
 * Where known proxies and identity providers leave the person's name, the surest first. What `impersonatedUser.extra` says is chosen by who may impersonate, so
 * it counts only from the proxy's own service accounts.
 *
 * - Rancher, from 2.6 on: `username`, `principalid`
 * - Pinniped's impersonation proxy: the user who impersonated through it, as JSON of a UserInfo
 * - aws-iam-authenticator (EKS): `sessionName`, `arn`. Who assumes a role names the session, unless IAM forbids it
 * - webhooks that give an e-mail address
 * - `--oidc-issuer-url` without `--oidc-username-prefix`: the issuer's URL and `#` before the name
 */
export const defaultPlaces: readonly PersonPlace[] = [
  { of: 'impersonatedUser', extra: 'username', actors: rancher, claimed: false },
  { of: 'impersonatedUser', extra: 'principalid', actors: rancher, claimed: false },
  {
    of: 'impersonatedUser',
    extra: 'original-user-info.impersonation-proxy.concierge.pinniped.dev',
    member: 'username',
    actors: ['system:serviceaccount:pinniped-concierge:*'],
    claimed: false,
  },
  { of: 'user', extra: 'sessionName', claimed: true },
  { of: 'user', extra: 'arn', claimed: true },
  { of: 'user', extra: 'email', claimed: false },
  { of: 'user', prefix: 'https://*#', claimed: false },
];
