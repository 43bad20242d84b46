import { event } from './events.ts';
import type { AuditEvent } from '../../agent/event/index.ts';

/**
 * A log shaped like that of an idle cluster of three nodes, with RequestReceived set aside: events in these shares of a thousand.
 *
 * Recorded: in a public home cluster of three nodes (570,000 events in 10 h) leases were 23 % of the events; those together with
 * all of system:nodes, health, openapi and version URLs, and get, list and watch of endpoints and endpointslices were 76 %.
 * Not recorded, and so divided here by how often the components of Kubernetes ask by their defaults: a lease of a node each 10 s, of
 * a leader each 2 s; a node's own object each 10 s, its status each 5 min; `/readyz` each second and `/livez` each 10 s of a kubeadm
 * apiserver; the apiserver's own look at the endpoints of its service each 10 s; watches that are renewed after 5 to 10 min.
 */
export const shares: readonly (readonly [share: number, what: string, changes: Record<string, unknown>])[] = [
  // Leases: 23 %.
  [60, 'a lease of a node', node({ verb: 'update', ...lease('kube-node-lease', 'n1') })],
  [
    70,
    'a lease of a leader',
    manager({ verb: 'update', ...lease('kube-system', 'kube-controller-manager') }),
  ],
  [60, 'who leads', scheduler({ verb: 'get', ...lease('kube-system', 'kube-scheduler') })],
  [25, 'a lease of an apiserver', apiserver({ verb: 'update', ...lease('kube-system', 'apiserver-x2v5') })],
  [15, 'a lease of somebody else', workload({ verb: 'update', ...lease('ingress', 'ingress-leader') })],
  // Nodes but for leases, health and the like, endpoints: 53 %.
  [80, 'a node that looks at itself', node({ verb: 'get', ...object('', 'nodes', '', 'n1') })],
  [10, "a node's status", node({ verb: 'patch', ...object('', 'nodes', '', 'n1', 'status') })],
  [25, "a pod's status", node({ verb: 'patch', ...object('', 'pods', 'lab', 'web', 'status') })],
  [55, 'a node that watches', node({ verb: 'watch', ...object('', 'configmaps', 'lab', 'settings') })],
  [
    15,
    'a token for a pod',
    node({ verb: 'create', ...object('', 'serviceaccounts', 'lab', 'web', 'token') }),
  ],
  [15, 'an Event of a node', node({ verb: 'create', ...object('', 'events', 'lab', 'web.1') })],
  [170, 'a probe', anonymous({ ...path('/readyz') })],
  [20, 'a probe of a component', manager({ ...path('/healthz') })],
  [15, 'discovery', manager({ ...path('/openapi/v3') })],
  [5, 'discovery of a person', { ...path('/version') }],
  [
    70,
    'endpoints of the apiserver',
    apiserver({ verb: 'get', ...object('', 'endpoints', 'default', 'kubernetes') }),
  ],
  [40, 'slices', controller({ verb: 'watch', ...object('discovery.k8s.io', 'endpointslices', '', '') })],
  [
    10,
    'slices for a mesh',
    workload({ verb: 'watch', ...object('discovery.k8s.io', 'endpointslices', '', '') }),
  ],
  // The rest: 24 %.
  [
    60,
    "the apiserver's own service",
    apiserver({ verb: 'get', ...object('', 'services', 'default', 'kubernetes') }),
  ],
  [50, 'a controller that watches', controller({ verb: 'watch', ...object('apps', 'deployments', '', '') })],
  [15, 'an Event', controller({ verb: 'patch', ...object('', 'events', 'lab', 'web.2') })],
  [15, 'endpoints that change', endpoints({ verb: 'update', ...object('', 'endpoints', 'lab', 'web') })],
  [
    20,
    'a review',
    workload({ verb: 'create', ...object('authorization.k8s.io', 'subjectaccessreviews', '', '') }),
  ],
  [50, 'a workload that watches', workload({ verb: 'watch', ...object('', 'pods', '', '') })],
  [5, 'a workload that reads a secret', workload({ verb: 'get', ...object('', 'secrets', 'lab', 'key') })],
  [10, 'metrics', workload({ ...path('/metrics') })],
  [10, 'a person who looks', { verb: 'list', ...object('', 'pods', 'lab', '') }],
  [2, 'a person who writes', { verb: 'delete', ...object('', 'pods', 'lab', 'web') }],
  [
    2,
    'a person who is refused',
    { verb: 'list', ...object('', 'secrets', '', ''), responseStatus: { code: 403 } },
  ],
  [1, 'Events that are deleted', { verb: 'deletecollection', ...object('', 'events', 'lab', '') }],
];

/** A thousand events in these shares. */
export function idleCluster(): AuditEvent[] {
  return shares.flatMap(([share, , changes]) => Array.from({ length: share }, () => event(changes)));
}

type Changes = Record<string, unknown>;

function by(username: string, ...groups: string[]) {
  return (changes: Changes): Changes => ({
    user: { username, groups: [...groups, 'system:authenticated'] },
    ...changes,
  });
}

function node(changes: Changes): Changes {
  return by('system:node:n1', 'system:nodes')(changes);
}

function manager(changes: Changes): Changes {
  return by('system:kube-controller-manager')(changes);
}

function scheduler(changes: Changes): Changes {
  return by('system:kube-scheduler')(changes);
}

function apiserver(changes: Changes): Changes {
  return by('system:apiserver', 'system:masters')(changes);
}

function controller(changes: Changes): Changes {
  return by('system:serviceaccount:kube-system:deployment-controller', 'system:serviceaccounts')(changes);
}

function endpoints(changes: Changes): Changes {
  return by('system:serviceaccount:kube-system:endpoint-controller', 'system:serviceaccounts')(changes);
}

function workload(changes: Changes): Changes {
  return by('system:serviceaccount:ingress:controller', 'system:serviceaccounts')(changes);
}

function anonymous(changes: Changes): Changes {
  return { user: { username: 'system:anonymous', groups: ['system:unauthenticated'] }, ...changes };
}

function lease(namespace: string, name: string): Changes {
  return object('coordination.k8s.io', 'leases', namespace, name);
}

function object(
  apiGroup: string,
  resource: string,
  namespace: string,
  name: string,
  subresource = '',
): Changes {
  const parts = Object.entries({ apiGroup, resource, namespace, name, subresource });
  return { objectRef: Object.fromEntries(parts.filter(([, value]) => value !== '')) };
}

function path(requestURI: string): Changes {
  return { verb: 'get', requestURI, objectRef: undefined };
}
