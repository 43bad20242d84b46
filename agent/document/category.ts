import type { LoginDecision, Outcome } from '../event/index.ts';

/** What the ECS categorization of an event depends on. */
export interface Request {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly verb: string;
  readonly stage: string;
  readonly code: number | undefined;
  /** The annotation `authorization.k8s.io/decision`: `allow` or `forbid`. */
  readonly decision: string | undefined;
  /** What came of a login at OpenShift's oauth-server. */
  readonly login: LoginDecision | undefined;
  readonly outcome: Outcome;
}

const iamGroups = new Set([
  'rbac.authorization.k8s.io',
  'certificates.k8s.io',
  'oauth.openshift.io',
  'user.openshift.io',
  'authorization.openshift.io',
]);
const configurationGroups = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'networking.k8s.io',
]);
/** OpenShift's tokens: to make one is to log in, to delete one to log out. */
const tokenResources = new Set([
  'oauthaccesstokens',
  'useroauthaccesstokens',
  'oauthauthorizetokens',
  'tokenreviews',
]);
const reviewGroups = new Set(['authentication.k8s.io', 'authorization.k8s.io']);
const processSubresources = new Set(['exec', 'attach']);
const networkSubresources = new Set(['portforward', 'proxy']);
const types = new Map([
  ['get', 'access'],
  ['list', 'access'],
  ['watch', 'access'],
  ['create', 'creation'],
  ['update', 'change'],
  ['patch', 'change'],
  ['delete', 'deletion'],
  ['deletecollection', 'deletion'],
]);

/**
 * The members `category`, `type` and `outcome` of `event`, printed, with a comma after each. Values as ECS 9.4 allows them
 * together (elastic.co/docs/reference/ecs, "Categorization fields").
 */
export function categoryMembers(request: Request): string {
  return `"category":["api"${categoryOf(request)}],"type":["${action(request)}"${permission(request)}],"outcome":"${request.outcome}",`;
}

function categoryOf({ group, resource, subresource, code, login }: Request): string {
  if (code === 401 || login !== undefined || group === 'authentication.k8s.io') return ',"authentication"';
  if (group === 'oauth.openshift.io' && tokenResources.has(resource)) return ',"authentication","iam"';
  if (group === '' && resource === 'serviceaccounts') {
    return subresource === 'token' ? ',"authentication","iam"' : ',"iam"';
  }
  if (iamGroups.has(group)) return ',"iam"';
  if (processSubresources.has(subresource)) return ',"process"';
  if (networkSubresources.has(subresource)) return ',"network"';
  if (configurationGroups.has(group) || (group === '' && resource === 'configmaps'))
    return ',"configuration"';
  return '';
}

function permission(request: Request): string {
  if (isDenied(request)) return ',"denied"';
  if (request.login === 'error') return '';
  return request.decision === 'allow' ? ',"allowed"' : '';
}

function action({ group, subresource, verb, stage, code, login }: Request): string {
  if (processSubresources.has(subresource) || networkSubresources.has(subresource)) {
    // A session: its verb (get or create) only says how the client asked for the connection.
    return stage === 'ResponseComplete' ? 'end' : 'start';
  }
  if (code === 401 || login !== undefined) return 'start';
  if (reviewGroups.has(group)) return 'info';
  return types.get(verb) ?? 'access';
}

/** 403 with an allowing decision is an admission plugin's refusal. */
function isDenied({ code, decision, login }: Request): boolean {
  return decision === 'forbid' || login === 'deny' || code === 401 || code === 403;
}
