import { all, any, audit, has, is, like, matches, not } from './dsl.ts';
import {
  allowed,
  anyLevel,
  namespace,
  ofAudit,
  resource,
  stage,
  subresource,
  systemUser,
  verb,
  withRequest,
  withResponse,
} from './rule.ts';
import type { Found, Rule } from './rule.ts';

const spec = (field: string) => audit(`requestObject.spec.${field}`);
const write = verb('create', 'update', 'patch');
const minute = 60_000;

/** A change of roles, and within five minutes a workload of the same user: the latest change before it counts. */
function changeThenWorkload(found: readonly Found[]): Found[] {
  const roles = new Map<unknown, Found>();
  const hits: Found[] = [];
  for (const event of found.toSorted((a, b) => a.time - b.time)) {
    const user = event.values.get('user.name')?.[0];
    const kind = event.values.get(audit('objectRef.resource'))?.[0];
    if (kind === 'roles' || kind === 'clusterroles') {
      roles.set(user, event);
      continue;
    }
    const before = roles.get(user);
    if (!before || event.time - before.time > 5 * minute) continue;
    roles.delete(user);
    hits.push(before, event);
  }
  return hits;
}

export const privilegeEscalation: readonly Rule[] = [
  {
    name: 'privilege_escalation_api_proxy_to_node',
    condition: all(
      subresource('proxy'),
      resource('nodes'),
      not(matches(audit('requestURI'), '.*(metrics|healthz|stats/summary|elastic-agent|configz).*')),
      not(systemUser),
    ),
    levels: anyLevel,
  },
  {
    name: 'privilege_escalation_container_created_with_excessive_linux_capabilities',
    condition: all(
      ofAudit,
      allowed,
      verb('create'),
      resource('pods'),
      is(
        spec('containers.securityContext.capabilities.add'),
        'BPF',
        'DAC_READ_SEARCH',
        'NET_ADMIN',
        'SYS_ADMIN',
        'SYS_BOOT',
        'SYS_MODULE',
        'SYS_PTRACE',
        'SYS_RAWIO',
        'SYSLOG',
      ),
      not(namespace('kube-system')),
    ),
    levels: withRequest,
  },
  {
    name: 'privilege_escalation_kubernetes_api_request_impersonating_privileged_identity',
    condition: all(
      ofAudit,
      has(audit('impersonatedUser.username')),
      allowed,
      verb('create', 'delete', 'get', 'list', 'patch', 'update'),
      any(
        like(
          audit('impersonatedUser.username'),
          'admin',
          'cluster-admin',
          'kubernetes-admin',
          'system:admin',
          'system:anonymous',
          'system:apiserver',
          'system:kube-*',
          'system:volume-scheduler',
          'system:node:*',
          'system:serviceaccount:kube-system:*',
        ),
        is(audit('impersonatedUser.groups'), 'cluster-admin', 'system:cluster-admins', 'system:masters'),
      ),
      not(systemUser),
    ),
    levels: anyLevel,
  },
  {
    name: 'privilege_escalation_kubernetes_ephemeral_container_added_to_pod',
    condition: all(
      ofAudit,
      resource('pods'),
      subresource('ephemeralcontainers'),
      verb('update', 'patch'),
      allowed,
      not(like('user.name', 'system:node:*', 'system:serviceaccount:kube-system:*')),
    ),
    levels: anyLevel,
  },
  ...['hostIPC', 'hostNetwork', 'hostPID'].map((power): Rule => ({
    name: `privilege_escalation_pod_created_with_${power.toLowerCase()}`,
    condition: all(ofAudit, allowed, resource('pods'), write, is(spec(power), true)),
    levels: withRequest,
  })),
  {
    name: 'privilege_escalation_pod_created_with_sensitive_hostpath_volume',
    condition: all(
      ofAudit,
      allowed,
      resource('pods'),
      write,
      is(
        spec('volumes.hostPath.path'),
        '/',
        '/etc',
        '/etc/kubernetes',
        '/etc/kubernetes/manifests',
        '/etc/kubernetes/pki',
        '/home/admin',
        '/proc',
        '/root',
        '/var',
        '/var/lib/docker/overlay2',
        '/var/lib/kubelet',
        '/var/lib/kubelet/pki',
        '/var/run',
        '/var/run/cri-dockerd.sock',
        '/var/run/crio/crio.sock',
        '/var/run/docker.sock',
      ),
    ),
    levels: withRequest,
  },
  {
    name: 'privilege_escalation_privileged_pod_created',
    condition: all(
      ofAudit,
      allowed,
      resource('pods'),
      verb('create'),
      is(spec('containers.securityContext.privileged'), true),
    ),
    levels: withRequest,
  },
  {
    name: 'privilege_escalation_role_patch_wildcard_verbs_resources_response',
    condition: all(
      resource('roles', 'clusterroles'),
      verb('update', 'patch'),
      allowed,
      is(audit('level'), 'RequestResponse'),
      stage('ResponseComplete'),
      has(audit('sourceIPs')),
      not(is(audit('sourceIPs'), '127.0.0.1', '::1')),
      is(audit('responseObject.rules.verbs'), '*'),
      is(audit('responseObject.rules.resources'), '*'),
    ),
    levels: withResponse,
  },
  {
    name: 'privilege_escalation_sensitive_rbac_change_followed_by_workload_modification',
    condition: all(
      ofAudit,
      allowed,
      has('user.name'),
      any(
        all(resource('roles', 'clusterroles'), write),
        all(
          resource('daemonsets', 'deployments', 'cronjobs'),
          verb('create', 'patch'),
          not(is(audit('user.groups'), 'system:masters')),
        ),
      ),
    ),
    levels: anyLevel,
    together: changeThenWorkload,
  },
  {
    name: 'privilege_escalation_sensitive_workload_modification_by_user_agent',
    condition: all(
      ofAudit,
      has('user_agent.original'),
      has('source.ip'),
      has(audit('user.username')),
      allowed,
      resource('daemonsets', 'deployments', 'cronjobs'),
      verb('create', 'patch'),
      not(is(audit('user.groups'), 'system:masters')),
    ),
    levels: anyLevel,
  },
  {
    name: 'privilege_escalation_service_account_rbac_write_operation',
    condition: all(
      ofAudit,
      allowed,
      like(audit('user.username'), 'system:serviceaccount:*'),
      not(
        is(
          audit('user.username'),
          'system:serviceaccount:kube-system:clusterrole-aggregation-controller',
          'system:serviceaccount:kube-system:generic-garbage-collector',
        ),
      ),
      resource('roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'),
      verb('create', 'update', 'patch', 'delete'),
    ),
    levels: anyLevel,
  },
  {
    name: 'privilege_escalation_suspicious_assignment_of_controller_service_account',
    condition: all(
      ofAudit,
      allowed,
      verb('create'),
      resource('pods'),
      namespace('kube-system'),
      like(spec('serviceAccountName'), '*controller'),
    ),
    levels: withRequest,
  },
];
