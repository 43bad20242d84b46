import { all, any, audit, has, is, like, not } from './dsl.ts';
import type { Dsl } from './dsl.ts';
import {
  allowed,
  anyLevel,
  namespace,
  ofAudit,
  resource,
  stage,
  systemUser,
  verb,
  withRequest,
  withResponse,
} from './rule.ts';
import type { Rule } from './rule.ts';

/** Rights that a role of this body gives, in one of its rules or spread over several. */
function grants(body: 'requestObject' | 'responseObject'): Dsl {
  const verbs = (...names: string[]) => is(audit(`${body}.rules.verbs`), '*', ...names);
  const resources = (...names: string[]) => is(audit(`${body}.rules.resources`), '*', ...names);
  return any(
    verbs('escalate', 'bind', 'impersonate'),
    all(
      verbs('create', 'patch', 'update'),
      resources(
        'roles',
        'clusterroles',
        'rolebindings',
        'clusterrolebindings',
        'pods/exec',
        'serviceaccounts/token',
        'nodes/proxy',
        'daemonsets',
      ),
    ),
    all(verbs('get', 'list'), resources('secrets')),
  );
}

export const persistence: readonly Rule[] = [
  {
    name: 'persistence_cluster_admin_rolebinding_created',
    condition: all(
      ofAudit,
      resource('clusterrolebindings', 'rolebindings'),
      verb('create'),
      is(audit('requestObject.roleRef.name'), 'cluster-admin'),
      allowed,
      is(audit('level'), 'RequestResponse'),
      stage('ResponseComplete'),
    ),
    levels: withResponse,
  },
  {
    name: 'persistence_exposed_service_created_with_type_nodeport',
    condition: all(
      ofAudit,
      allowed,
      resource('services'),
      verb('create', 'update', 'patch'),
      is(audit('requestObject.spec.type'), 'NodePort'),
    ),
    levels: withRequest,
  },
  {
    name: 'persistence_kubernetes_admission_webhook_created_or_modified',
    condition: all(
      resource('mutatingwebhookconfigurations', 'validatingwebhookconfigurations'),
      verb('create', 'update', 'patch', 'delete'),
      allowed,
      has('user.name'),
      not(systemUser),
      has(audit('objectRef.name')),
    ),
    levels: anyLevel,
  },
  {
    name: 'persistence_kubernetes_client_certificate_signing_request_created_or_approved',
    condition: all(
      ofAudit,
      resource('certificatesigningrequests'),
      verb('create', 'update', 'patch'),
      allowed,
      not(systemUser),
    ),
    levels: anyLevel,
  },
  {
    name: 'persistence_kubernetes_eks_aws_auth_configmap_modified',
    condition: all(
      ofAudit,
      resource('configmaps'),
      is(audit('objectRef.name'), 'aws-auth'),
      namespace('kube-system'),
      verb('update', 'patch', 'delete'),
      allowed,
      not(is('user.name', 'eks:kms-storage-migrator')),
    ),
    levels: anyLevel,
  },
  {
    name: 'persistence_sensitive_role_creation_or_modification',
    condition: all(
      resource('roles', 'clusterroles'),
      verb('create', 'update', 'patch'),
      allowed,
      is(audit('level'), 'RequestResponse'),
      stage('ResponseComplete'),
      has(audit('sourceIPs')),
      not(is(audit('sourceIPs'), '127.0.0.1', '::1')),
      not(all(like('user.name', 'eks:*'), like(audit('objectRef.name'), 'eks:*'))),
      any(grants('requestObject'), grants('responseObject')),
    ),
    levels: withResponse,
  },
  // No binding has the field that this rule reads (its subjects name the service account), so no apiserver writes an event that it finds.
  {
    name: 'persistence_service_account_bound_to_clusterrole',
    condition: all(
      ofAudit,
      has(audit('requestObject.spec.serviceAccountName')),
      verb('create'),
      resource('rolebindings', 'clusterrolebindings'),
      allowed,
    ),
    levels: withRequest,
  },
];
