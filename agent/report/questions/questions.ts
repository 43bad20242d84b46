import type { Question } from './question.ts';

const answered = { bool: { must_not: [{ term: { 'event.outcome': 'unknown' } }] } };

/**
 * Where a service account is used from in a cluster: private, shared, link-local and loopback ranges (RFC 1918, 6598, 4193, 3927,
 * 4291, 1122). An address outside of them is one of the internet.
 */
export const usualAddresses: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
];

/**
 * What the report asks of events. Each is a question of docs/queries.md, with the same meaning there; a test holds them to it.
 * `usual` are ranges of addresses, CIDR.
 */
export function questions(usual: readonly string[] = usualAddresses): Question[] {
  return [
    {
      id: 'secrets',
      title: 'Who accessed secrets',
      about:
        'Every request on secrets: of one, or of a whole collection, whose reader has read each of them.',
      by: 'who',
      resources: ['secrets'],
      verbs: 'all',
      isDenied: false,
      hasCommands: false,
    },
    {
      id: 'exec',
      title: 'Who ran commands in containers',
      about:
        'Requests that open a shell, run a command, attach to a process, forward a port or add a debugging container. What was typed inside of a shell is not in the log.',
      by: 'who',
      resources: ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/ephemeralcontainers'],
      verbs: 'all',
      isDenied: false,
      hasCommands: true,
    },
    {
      id: 'rights',
      title: 'Who changed rights',
      about:
        'Roles and bindings that were created, changed or deleted; “denied” and “failed” were only tried.',
      by: 'who',
      resources: ['*.rbac.authorization.k8s.io'],
      verbs: 'write',
      isDenied: false,
      hasCommands: false,
    },
    {
      id: 'denied',
      title: 'Who was refused',
      about: 'Requests that authentication, authorization or admission refused.',
      by: 'who',
      resources: [],
      verbs: 'all',
      isDenied: true,
      hasCommands: false,
    },
    {
      id: 'impersonation',
      title: 'Who acted in another’s name',
      about: 'Who authenticated, and in whose name the request was decided.',
      by: 'search',
      number: 8,
      filter: [{ exists: { field: 'user.effective.name' } }, answered],
      sources: [
        ['user', 'user.name', 'User'],
        ['as', 'user.effective.name', 'In the name of'],
        ['action', 'event.action', 'Did'],
        ['resource', 'orchestrator.resource.type', 'On'],
        ['outcome', 'event.outcome', 'Outcome'],
      ],
      parameters: {},
    },
    {
      id: 'logins',
      title: 'Failed logins and anonymous access',
      about:
        'A failed login (401) has no user: whose credential it was is not in the log. The anonymous user with “success” is what anybody may read.',
      by: 'search',
      number: 6,
      filter: [
        {
          bool: {
            should: [
              { term: { 'http.response.status_code': 401 } },
              { bool: { filter: [{ term: { 'user.name': 'system:anonymous' } }, answered] } },
            ],
            minimum_should_match: 1,
          },
        },
      ],
      sources: [
        ['user', 'user.name', 'User'],
        ['address', 'source.ip', 'From'],
        ['code', 'http.response.status_code', 'Status'],
        ['outcome', 'event.outcome', 'Outcome'],
      ],
      parameters: {},
    },
    {
      id: 'elsewhere',
      title: 'Service accounts used from elsewhere',
      about:
        'Requests of service accounts from an address outside of the usual ranges: a token may have left the cluster. Behind a load balancer that hides its clients, every address is the balancer’s.',
      by: 'search',
      number: 13,
      filter: [
        { exists: { field: 'source.ip' } },
        { bool: { must_not: usual.map((range) => ({ term: { 'source.ip': range } })) } },
        answered,
        { prefix: { 'user.name': 'system:serviceaccount:' } },
      ],
      sources: [
        ['user', 'user.name', 'User'],
        ['address', 'source.ip', 'From'],
        ['forwarded', 'network.forwarded_ip', 'Claims to be from'],
        ['action', 'event.action', 'Did'],
        ['outcome', 'event.outcome', 'Outcome'],
      ],
      parameters: { 'usual ranges': usual.join(', ') },
    },
    {
      id: 'detections',
      title: 'What rules of detection found',
      about:
        'Events that a rule found, by rule. The rules are named in docs/detection.md, and those in force are in the signed log.',
      by: 'search',
      number: null,
      filter: [{ exists: { field: 'rule.id' } }],
      sources: [
        ['rule', 'rule.id', 'Rule'],
        ['user', 'user.name', 'User'],
        ['outcome', 'event.outcome', 'Outcome'],
      ],
      parameters: {},
    },
  ];
}
