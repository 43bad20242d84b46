import { inContainer } from './command.ts';
import { all, any, audit, has, is, like, matches, not } from './dsl.ts';
import {
  anyLevel,
  different,
  groups,
  knownAgent,
  namespace,
  ofAudit,
  remote,
  resource,
  subresource,
  verb,
} from './rule.ts';
import type { Rule } from './rule.ts';

const reading = is('event.action', 'get', 'list');
const secretName = audit('objectRef.name');

export const credentialAccess: readonly Rule[] = [
  {
    name: 'credential_access_azure_arc_proxy_secret_configmap_access',
    condition: all(
      like(audit('user.username'), 'system:serviceaccount:azure-arc:*'),
      resource('secrets', 'configmaps'),
      verb('get', 'list', 'create', 'update', 'patch', 'delete'),
      has(audit('objectRef.namespace')),
      not(namespace('azure-arc', 'azure-arc-release', 'kube-system')),
      has(secretName),
      not(like(secretName, 'sh.helm.release.v1*')),
    ),
    levels: anyLevel,
  },
  {
    name: 'credential_access_get_secrets_access',
    condition: all(
      ofAudit,
      resource('secrets'),
      verb('get', 'list'),
      knownAgent,
      has('source.ip'),
      has('user.name'),
    ),
    levels: anyLevel,
  },
  {
    name: 'credential_access_kubernetes_multiple_secret_retrieval_burst',
    condition: all(
      is('event.dataset', 'kubernetes.audit_logs'),
      is('event.action', 'get'),
      resource('secrets'),
      remote,
      has('user.name'),
      not(is('user.name', 'system:kube-controller-manager', 'system:kube-scheduler')),
      has(secretName),
      not(like(secretName, 'sh.helm.release.*')),
    ),
    levels: anyLevel,
    // Three secrets in the six minutes that one run looks at.
    together: (found) =>
      groups(found, ({ values }) =>
        ['user.name', 'source.ip', 'user_agent.original'].map((field) => values.get(field)),
      )
        .filter((group) => different(group, secretName) >= 3)
        .flat(),
  },
  {
    name: 'credential_access_kubernetes_pod_exec_cloud_instance_metadata',
    condition: inContainer(
      '169[.]254[.]169[.]254',
      '2852039166',
      '0xa9fea9fe',
      '/latest/(api/token|meta-data|user-data|dynamic)',
      'computeMetadata/v1',
      'metadata[.]google[.]internal',
      'metadata/(identity|instance)',
    ),
    levels: anyLevel,
  },
  {
    name: 'credential_access_kubernetes_pod_exec_sensitive_file_access',
    condition: all(
      inContainer(
        '/var/run/secrets/',
        '/etc/(kubernetes/|shadow|passwd|sudoers)',
        '/var/lib/kubelet/',
        '(/root|/home/.+)/[.](ssh|aws|azure|kube|config/gcloud)',
        '[.](p12|pem|key|jks|keystore)',
        '/etc/.*[.]conf.*(password|secret|key|token|credential)',
        '/proc/.*/environ',
      ),
      not(inContainer('/etc/resolv[.]conf')),
    ),
    levels: anyLevel,
  },
  {
    name: 'credential_access_kubernetes_secret_access_scripting_http_clients',
    condition: all(
      ofAudit,
      reading,
      resource('secrets'),
      any(
        matches('user_agent.original', '(curl|[pP]ython|wget|Go-http|perl|java|node|php).*'),
        matches('user_agent.original', '.*(distrib#kali|kali-(amd|arm)64).*'),
      ),
      has('source.ip'),
    ),
    levels: anyLevel,
  },
  {
    name: 'credential_access_kubernetes_secret_read_by_node_or_pod_service_account',
    condition: all(
      ofAudit,
      reading,
      resource('secrets'),
      like('user.name', 'system:serviceaccount:*', 'system:node:*'),
      has('source.ip'),
      not(is('source.ip', '127.0.0.1')),
      not(
        all(
          is(audit('user.username'), 'system:serviceaccount:cert-manager:cert-manager'),
          like(audit('user.extra.authentication.kubernetes.io/pod-name'), 'cert-manager-*'),
        ),
      ),
    ),
    levels: anyLevel,
  },
  {
    name: 'credential_access_kubernetes_secrets_list_cluster_and_sensitive_namespaces',
    condition: all(
      is('event.dataset', 'kubernetes.audit_logs'),
      is('event.action', 'list'),
      resource('secrets'),
      matches(audit('requestURI'), '/api/v1/(namespaces/(kube-system|default)/)?secrets([?]limit.*)?'),
      remote,
      not(is('user.name', 'system:kube-controller-manager', 'eks:cloud-controller-manager')),
    ),
    levels: anyLevel,
  },
  {
    name: 'credential_access_kubernetes_service_account_token_created_via_tokenrequest',
    condition: all(
      ofAudit,
      verb('create'),
      resource('serviceaccounts'),
      subresource('token'),
      has('user.name'),
      not(
        like(
          'user.name',
          'system:kube-controller-manager',
          'system:kube-scheduler',
          'system:node:*',
          'system:serviceaccount:kube-system:*',
        ),
      ),
    ),
    levels: anyLevel,
  },
  // Beside reads of a cloud's own secrets from the same address: not ours to decide.
  {
    name: 'credential_access_multi_could_secrets_via_api',
    condition: all(ofAudit, resource('secrets'), verb('get', 'list'), has('source.ip')),
    levels: anyLevel,
  },
];
