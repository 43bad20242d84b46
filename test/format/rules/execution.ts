import { inContainer } from './command.ts';
import { all, any, audit, has, is, like, matches, not } from './dsl.ts';
import {
  allowed,
  anyLevel,
  forbidden,
  knownAgent,
  ofAudit,
  resource,
  stage,
  subresource,
  verb,
  withRequest,
} from './rule.ts';
import type { Rule } from './rule.ts';

/** By this the rules that begin with a process or a file in a container find the pod's request. */
const byPod = has(audit('user.extra.authentication.kubernetes.io/pod-name'));
const answered = stage('ResponseStarted', 'ResponseComplete');

export const execution: readonly Rule[] = [
  {
    name: 'execution_anonymous_create_update_patch_pod_request',
    condition: all(
      ofAudit,
      any(
        is(audit('user.username'), 'system:anonymous', 'system:unauthenticated', ''),
        not(has(audit('user.username'))),
      ),
      is(audit('level'), ...withRequest),
      verb('create', 'update', 'patch'),
      resource('pods'),
    ),
    levels: withRequest,
  },
  {
    name: 'execution_common_debug_or_base_image_pod_creation',
    condition: all(
      is('event.dataset', 'kubernetes.audit_logs'),
      stage('ResponseComplete'),
      allowed,
      resource('pods'),
      verb('create'),
      matches(
        audit('requestObject.spec.containers.image'),
        '((alpine|busybox).*|(ubuntu|debian):.*|.*(netshoot|network-multitool|curl):.*)',
      ),
      has('source.ip'),
      has('user_agent.original'),
      has('user.name'),
    ),
    levels: withRequest,
  },
  {
    name: 'execution_d4c_k8s_mda_direct_interactive_kubernetes_api_request_by_usual_utilities',
    condition: all(ofAudit, answered, byPod),
    levels: anyLevel,
  },
  {
    name: 'execution_d4c_k8s_mda_forbidden_direct_interactive_kubernetes_api_request',
    condition: all(ofAudit, answered, forbidden, byPod),
    levels: anyLevel,
  },
  {
    name: 'execution_d4c_k8s_mda_kubernetes_api_activity_by_unusual_utilities',
    condition: all(
      ofAudit,
      answered,
      verb('get', 'list', 'watch', 'create', 'patch', 'update'),
      resource(
        'pods',
        'secrets',
        'serviceaccounts',
        'configmaps',
        'roles',
        'rolebindings',
        'clusterroles',
        'clusterrolebindings',
        'deployments',
        'daemonsets',
        'statefulsets',
        'jobs',
        'cronjobs',
        'nodes',
        'namespaces',
        'selfsubjectaccessreviews',
        'selfsubjectrulesreviews',
        'subjectaccessreviews',
      ),
      byPod,
    ),
    levels: anyLevel,
  },
  {
    name: 'execution_d4c_k8s_mda_service_account_token_access_followed_by_kubernetes_api_request',
    condition: all(ofAudit, answered, byPod),
    levels: anyLevel,
  },
  {
    name: 'execution_forbidden_creation_request',
    condition: all(ofAudit, verb('create'), stage('ResponseComplete'), forbidden),
    levels: anyLevel,
  },
  {
    name: 'execution_forbidden_request_from_unsual_user_agent',
    condition: all(ofAudit, stage('ResponseComplete'), forbidden, knownAgent),
    levels: anyLevel,
  },
  {
    name: 'execution_kubernetes_pod_exec_curl_wget_https',
    condition: all(
      inContainer('(curl|wget).*https'),
      not(
        inContainer(
          '/(healthz|readyz|livez|api/v1/health|openid/v1/jwks)',
          '127[.]0[.]0[.]1',
          'localhost',
          'kubernetes[.]default[.]svc',
        ),
      ),
    ),
    levels: anyLevel,
  },
  {
    name: 'execution_kubernetes_pod_exec_potential_reverse_shell',
    condition: all(
      inContainer(
        '/dev/(tcp|udp)/',
        '(zsh/net|/inet)/(tcp|udp)',
        '(nc|ncat|netcat) +-e',
        'nc .* -c ',
        'mkfifo',
        'socat .*(exec|pty)',
        'bash +-i +>&',
        '0>&1',
        'import +(socket.*connect|pty.*spawn)',
        'socket[.]socket.*connect',
        '(IO::Socket::INET|fsockopen|TCPSocket[.]new)',
      ),
      not(inContainer('/dev/tcp/(localhost|127[.]0[.]0[.]1)/(80|443|3000|5000|8080|8443|8888|9090)')),
    ),
    levels: anyLevel,
  },
  {
    name: 'execution_unusual_request_response_by_user_agent',
    condition: all(
      ofAudit,
      stage('ResponseComplete'),
      knownAgent,
      has(audit('annotations.authorization_k8s_io/decision')),
      has(audit('user.username')),
      not(
        all(
          like('user_agent.original', 'kubelet*'),
          verb('get', 'list', 'watch', 'patch'),
          not(
            resource(
              'pods',
              'nodes',
              'csinodes',
              'csidrivers',
              'configmaps',
              'secrets',
              'events',
              'leases',
              'runtimeclasses',
            ),
          ),
        ),
      ),
    ),
    levels: anyLevel,
  },
  {
    name: 'execution_user_exec_to_pod',
    condition: all(
      ofAudit,
      verb('get', 'create'),
      subresource('exec'),
      answered,
      is(audit('level'), 'Request'),
      allowed,
    ),
    levels: ['Request'],
  },
];
