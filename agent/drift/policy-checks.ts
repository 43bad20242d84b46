import { AuditPolicy, policyAsOf } from '../audit-policy/index.ts';
import type { AuditRequest, DecodedPolicy, Written } from '../audit-policy/index.ts';
import { minorOf } from './flag-checks.ts';
import { ok, ours, unchecked, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** A person whom no policy names. */
const somebody = { user: 'somebody', groups: ['system:authenticated'] };

type Resource = readonly [group: string, resource: string, subresource?: string];

const credentials: readonly Resource[] = [
  ['', 'secrets'],
  ['', 'configmaps'],
  ['authentication.k8s.io', 'tokenreviews'],
];
const changed: readonly Resource[] = [
  ['', 'pods'],
  ['apps', 'deployments'],
];
const connections: readonly Resource[] = [
  ['', 'pods', 'exec'],
  ['', 'pods', 'portforward'],
  ['', 'pods', 'proxy'],
  ['', 'services', 'proxy'],
];

/** What an audit policy should have written, without any configuration. Nothing of it depends on where the file lies. */
export function checkPolicy(decoded: DecodedPolicy, version: string | undefined): Finding[] {
  const minor = version === undefined ? undefined : minorOf(version);
  const policy = new AuditPolicy(policyAsOf(decoded.policy, minor));
  return [
    forgiven(decoded),
    anyGroup(decoded, version),
    startedStage(decoded),
    coverage(policy),
    credentialsOnly(policy),
    stig(decoded, policy),
  ];
}

function forgiven({ forgiven: all }: DecodedPolicy): Finding {
  const about = {
    id: 'audit-policy-strict',
    name: 'audit policy, decoded strictly',
    expected: 'only keys that the apiserver knows',
    why: `${ours}: the apiserver passes over others`,
  };
  if (all.length === 0) return ok({ ...about, found: about.expected });
  const texts = all
    .slice(0, 5)
    .map(({ line, path }) => `${line === undefined ? '' : `line ${line}: `}${path}`);
  const more = all.length - texts.length;
  return warning({
    ...about,
    found: `${texts.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    remedy: all
      .slice(0, 5)
      .map(({ path, what }) => `${path}: ${what}.`)
      .join(' '),
  });
}

/** k8s.io/apiserver/pkg/audit/policy/checker.go: `*` is every group in v0.36.0, and a group of that name, which there is none of, in v0.35.4. */
function anyGroup({ policy }: DecodedPolicy, version: string | undefined): Finding {
  const about = {
    id: 'audit-policy-any-group',
    name: 'rules of group "*"',
    expected: 'none before Kubernetes 1.36',
    why: `${ours}: up to 1.35 such a rule matches nothing`,
  };
  const at = policy.rules.flatMap(({ resources }, i) =>
    resources.some(({ group }) => group === '*') ? [`rules[${i}]`] : [],
  );
  if (at.length === 0) return ok({ ...about, found: 'none' });
  const found = `${at.slice(0, 5).join(', ')}${at.length > 5 ? ` and ${at.length - 5} more` : ''}`;
  if (version !== undefined && minorOf(version) >= 36)
    return ok({ ...about, found: `${found}, on ${version}` });
  const remedy = 'List the groups instead: a rule for every group has no `resources` at all.';
  if (version === undefined)
    return unchecked({ ...about, found: `${found}; the version is not known`, remedy });
  return warning({ ...about, found: `${found}, on ${version}`, remedy });
}

function startedStage({ policy }: DecodedPolicy): Finding {
  const about = {
    id: 'audit-policy-response-started',
    name: 'stage ResponseStarted',
    expected: 'written',
    why: `${ours}: a failed login exists only at this stage, and an exec at its beginning`,
  };
  const at = policy.rules.flatMap(({ level, omitStages }, i) =>
    level !== 'None' && omitsStarted(omitStages) ? [`rules[${i}]`] : [],
  );
  if (omitsStarted(policy.omitStages)) at.unshift('the whole policy');
  if (at.length === 0) return ok({ ...about, found: 'written' });
  return warning({
    ...about,
    found: `omitted in ${at.slice(0, 5).join(', ')}${at.length > 5 ? ` and ${at.length - 5} more` : ''}`,
    remedy:
      'A request that is answered with 401 is written as ResponseStarted only, and a session in a pod only when it ends. Take ResponseStarted out of omitStages; RequestReceived alone is safe to omit.',
  });
}

function omitsStarted(stages: readonly string[]): boolean {
  return stages.includes('ResponseStarted');
}

function coverage(policy: AuditPolicy): Finding {
  const about = {
    id: 'audit-policy-coverage',
    name: 'changes and sessions in the policy',
    expected: 'pods, deployments, pods/exec, portforward, proxy and services/proxy at Metadata or more',
    why: 'CIS 3.2.2',
  };
  const missing = [
    ...changed.filter((one) =>
      ['create', 'update', 'patch', 'delete'].some((verb) => levelOf(policy, one, verb) === 'None'),
    ),
    ...connections.filter((one) => ['get', 'create'].some((verb) => levelOf(policy, one, verb) === 'None')),
  ].map(nameOf);
  if (missing.length === 0) return ok({ ...about, found: 'all of them' });
  return warning({
    ...about,
    found: `not ${missing.join(', ')}`,
    remedy: 'Before the rule of level None that takes them:',
    fix: `- {level: Metadata, resources: [{group: '', resources: [pods, pods/exec, pods/portforward, pods/proxy, services/proxy]}, {group: apps, resources: [deployments]}]}`,
  });
}

function credentialsOnly(policy: AuditPolicy): Finding {
  const about = {
    id: 'audit-policy-credentials',
    name: 'secrets, configmaps and tokenreviews in the policy',
    expected: 'Metadata, neither less nor more',
    why: 'CIS 3.2.2',
  };
  const otherwise = credentials.flatMap((one) => {
    const level = levelOf(policy, one, 'create');
    return level === 'Metadata' ? [] : [`${nameOf(one)} at ${level}`];
  });
  if (otherwise.length === 0) return ok({ ...about, found: 'Metadata' });
  return warning({
    ...about,
    found: otherwise.join(', '),
    remedy:
      'At more, what is secret stands in the log, on the node and wherever it goes; at None nobody sees who read it. First of the rules:',
    fix: `- {level: Metadata, resources: [{group: '', resources: [secrets, configmaps]}, {group: authentication.k8s.io, resources: [tokenreviews]}]}`,
  });
}

/** The fix text of DISA's Kubernetes STIG (V2R4) for V-242403 is a policy of one rule. */
function stig({ policy }: DecodedPolicy, decider: AuditPolicy): Finding {
  const about = {
    id: 'audit-policy-benchmarks',
    name: 'CIS 3.2.2 against STIG V-242403',
    expected: 'one of them; they contradict each other',
    why: 'CIS 3.2.2, STIG V-242403',
  };
  const [first] = policy.rules;
  const isStig =
    policy.rules.length === 1 &&
    first?.level === 'RequestResponse' &&
    [
      first.users,
      first.userGroups,
      first.verbs,
      first.resources,
      first.namespaces,
      first.nonResourceURLs,
    ].every((list) => list.length === 0);
  if (isStig)
    return warning({
      ...about,
      found: 'as the STIG has it: one rule, level RequestResponse',
      remedy:
        'The log then holds every Secret, which CIS forbids. Where the STIG binds you, keep it, let auditseal redact (redact.enabled), and write the exception to CIS down; else take the policy that `auditseal doctor --propose` prints.',
    });
  const isCis = credentials.every((one) => levelOf(decider, one, 'create') === 'Metadata');
  return ok({
    ...about,
    found: isCis
      ? 'as CIS has it: credentials at Metadata; a STIG scan asks for one rule of level RequestResponse'
      : 'as neither has it',
  });
}

function levelOf(
  policy: AuditPolicy,
  [group, resource, subresource = '']: Resource,
  verb: string,
): Written['level'] {
  const request: AuditRequest = {
    identity: somebody,
    verb,
    object: { kind: { group, resource, subresource }, namespace: 'default', name: 'one' },
  };
  return policy.writtenOf(request).level;
}

function nameOf([, resource, subresource]: Resource): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}
