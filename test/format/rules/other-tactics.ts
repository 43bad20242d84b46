import { all, any, audit, has, is, like, not } from './dsl.ts';
import { allowed, anyLevel, knownAgent, namespace, ofAudit, resource, stage, verb } from './rule.ts';
import type { Rule } from './rule.ts';

/** Of the tactics with one rule each. */
export const otherTactics: readonly Rule[] = [
  {
    name: 'defense_evasion_events_deleted',
    condition: all(ofAudit, verb('delete'), resource('events'), stage('ResponseComplete')),
    levels: anyLevel,
  },
  {
    name: 'impact_kubernetes_coredns_or_kube_dns_configuration_modified',
    condition: all(
      ofAudit,
      resource('configmaps'),
      is(audit('objectRef.name'), 'coredns', 'kube-dns', 'coredns-custom'),
      namespace('kube-system'),
      verb('update', 'patch', 'delete'),
      allowed,
      not(like('user.name', 'system:serviceaccount:kube-system:*dns', 'system:node:*', 'eks:*')),
    ),
    levels: anyLevel,
  },
  {
    name: 'initial_access_anonymous_request_authorized',
    condition: all(
      ofAudit,
      allowed,
      any(
        is(audit('user.username'), 'system:anonymous', 'system:unauthenticated'),
        not(has(audit('user.username'))),
      ),
      knownAgent,
      not(like(audit('requestURI'), '/healthz*', '/livez*', '/readyz*', '/version')),
    ),
    levels: anyLevel,
  },
];
