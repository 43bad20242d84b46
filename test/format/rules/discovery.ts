import { all, any, audit, has, is, like, matches, not } from './dsl.ts';
import {
  allowed,
  anyLevel,
  different,
  forbidden,
  groups,
  knownAgent,
  ofAudit,
  remote,
  resource,
  stage,
  verb,
  withRequest,
} from './rule.ts';
import type { Found, Rule } from './rule.ts';

const decision = audit('annotations.authorization_k8s_io/decision');
const minute = 60_000;
const own = ['system:serviceaccount:*', 'system:node:*'];

/** More than five URIs, more than three kinds of objects, and not as many events as somebody makes who works there. */
function enumerates(group: readonly Found[], eventsMax: number): boolean {
  return (
    different(group, audit('requestURI')) > 5 &&
    different(group, audit('objectRef.resource')) > 3 &&
    group.length < eventsMax
  );
}

const isRefused = ({ values }: Found) => {
  const code = values.get(audit('responseStatus.code'))?.[0];
  const decided = values.get(decision)?.[0];
  return decided === 'forbid' || (decided === undefined && (code === 401 || code === 403));
};

export const discovery: readonly Rule[] = [
  {
    name: 'discovery_denied_service_account_request',
    condition: all(ofAudit, like(audit('user.username'), 'system:serviceaccount:*'), forbidden, knownAgent),
    levels: anyLevel,
  },
  {
    name: 'discovery_endpoint_permission_enumeration_by_anonymous_user',
    condition: all(
      any(
        is(audit('user.username'), 'system:anonymous', 'system:unauthenticated', ''),
        not(has(audit('user.username'))),
      ),
      is(audit('level'), ...withRequest),
    ),
    levels: withRequest,
    together: (found) =>
      groups(found, ({ values }) => [values.get(audit('sourceIPs')), values.get('user_agent.original')])
        .filter((group) => enumerates(group, 50) && group.some(isRefused))
        .flat(),
  },
  {
    name: 'discovery_endpoint_permission_enumeration_by_user_and_srcip',
    condition: all(stage('ResponseComplete'), verb('get', 'list', 'watch', 'create', 'update', 'patch')),
    levels: anyLevel,
    together: (found) =>
      groups(found, ({ values }) => [values.get(audit('user.username')), values.get(audit('sourceIPs'))])
        .filter((group) => enumerates(group, 75) && different(group, decision) === 2)
        .flat(),
  },
  {
    name: 'discovery_kubernetes_multi_resource_setup_recon',
    condition: all(
      is('event.dataset', 'kubernetes.audit_logs'),
      is('event.action', 'get', 'list'),
      resource(
        'namespaces',
        'nodes',
        'pods',
        'roles',
        'configmaps',
        'serviceaccounts',
        'clusterroles',
        'clusterrolebindings',
        'rolebindings',
      ),
      remote,
      has('user.name'),
      not(
        matches(
          'user.name',
          '(system:serviceaccount:kube-system:|eks:|system:kube-|system:node:aks-default|aksService).*',
        ),
      ),
    ),
    levels: anyLevel,
    together: (found) =>
      groups(found, ({ values, time }) => [
        ...['user.name', 'source.ip', 'user_agent.original'].map((field) => values.get(field)),
        Math.floor(time / minute),
      ])
        .filter((group) => different(group, audit('objectRef.resource')) >= 3)
        .flat(),
  },
  {
    name: 'discovery_suspicious_self_subject_review',
    condition: all(
      ofAudit,
      allowed,
      verb('create'),
      resource('selfsubjectaccessreviews', 'selfsubjectrulesreviews'),
      any(like(audit('user.username'), ...own), like(audit('impersonatedUser.username'), ...own)),
      knownAgent,
    ),
    levels: anyLevel,
  },
];
