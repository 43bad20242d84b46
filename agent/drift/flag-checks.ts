import type { Definition } from './definition.ts';
import { ok, ours, problem, unchecked, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { isOfAuditing } from './flags.ts';
import type { Flags } from './flags.ts';

/** Flags, and where they were seen. */
export interface SeenFlags {
  readonly flags: Flags;
  /** `/etc/kubernetes/manifests/kube-apiserver.yaml`, `/flagz`. */
  readonly where: string;
  /** Whether a flag that is not there is not set. */
  readonly isWhole: boolean;
  /** `1.35`; undefined where it is not known. */
  readonly version: string | undefined;
  readonly kind: Definition['kind'] | 'running process';
}

/** Paths on the node. */
export interface LogPaths {
  /** Those that auditseal reads, if it is known. */
  readonly read: readonly string[];
  /** Where the path of the flag lies. */
  readonly onNode: string | undefined;
}

/** Of a number that says how much of the log is kept. */
interface Least {
  readonly name: string;
  readonly least: number;
  readonly unit: string;
  readonly why: string;
  /** Since 1.36 (k8s.io/apiserver/pkg/server/options NewAuditOptions, v0.37.0); before, unlimited. */
  readonly byDefault: number;
  /** What more is at stake here. */
  readonly stake: string;
}

const leasts: readonly Least[] = [
  {
    name: 'audit-log-maxage',
    least: 30,
    unit: 'days',
    why: 'CIS 1.2.17, STIG V-242464',
    byDefault: 366,
    stake: 'Rotated files are deleted after so many days, also those that were not read yet.',
  },
  {
    name: 'audit-log-maxbackup',
    least: 10,
    unit: 'files',
    why: 'CIS 1.2.18, STIG V-242463',
    byDefault: 100,
    stake: 'maxbackup × maxsize is how much may be written while auditseal is down.',
  },
  {
    name: 'audit-log-maxsize',
    least: 100,
    unit: 'MiB',
    why: 'CIS 1.2.19, STIG V-242462',
    byDefault: 100,
    stake:
      'An event that is longer is dropped by the apiserver, and shows only in apiserver_audit_error_total.',
  },
];

/** What the flags should be, without any configuration: a line each. Numbers of the benchmarks are those of CIS 1.12 and STIG V2R4. */
export function checkFlags(seen: SeenFlags, logPaths: LogPaths): Finding[] {
  return [
    policyFile(seen),
    logPath(seen, logPaths),
    ...leasts.map((least) => atLeast(seen, least)),
    mode(seen),
    onlyValue(
      seen,
      'audit-log-format',
      'json',
      'In the old format an event is a line of text, which nothing here reads.',
    ),
    onlyValue(
      seen,
      'audit-log-version',
      'audit.k8s.io/v1',
      'Rules and searches are written for the fields of audit.k8s.io/v1.',
    ),
    onlyValue(
      seen,
      'audit-log-truncate-enabled',
      'false',
      'Of a large event its bodies are cut out before anybody sees them, and of a still larger one the whole: a client chooses how large its request is.',
    ),
    repeated(seen),
    webhook(seen),
  ];
}

function policyFile(seen: SeenFlags): Finding {
  const about = {
    id: 'flag-audit-policy-file',
    name: '--audit-policy-file',
    expected: 'set',
    why: 'CIS 3.2.1, STIG V-242461',
  };
  const value = seen.flags.values.get('audit-policy-file');
  if (value !== undefined && value !== '') return ok({ ...about, found: value });
  return absent(
    seen,
    about,
    'Without a policy an apiserver writes no audit log at all.',
    'audit-policy-file=/etc/kubernetes/policy.yaml',
  );
}

function logPath(seen: SeenFlags, { read, onNode }: LogPaths): Finding {
  const about = {
    id: 'flag-audit-log-path',
    name: '--audit-log-path',
    expected: read.length === 0 ? 'a file' : read.join(' or '),
    why: 'CIS 1.2.16, STIG V-242465 and V-242402',
  };
  const setting = `audit-log-path=${read[0] ?? '/var/log/kubernetes/audit.log'}`;
  const value = seen.flags.values.get('audit-log-path');
  if (value === undefined || value === '')
    return absent(seen, about, 'No file is written that auditseal could read.', setting);
  if (value === '-')
    return problem({
      ...about,
      found: '-, which is standard output',
      ...setTo(
        seen,
        setting,
        `Events go into the container's log, which rotates by other rules and may cut lines.`,
      ),
    });
  if (read.length === 0 || read.includes(onNode ?? value)) return ok({ ...about, found: value });
  return problem({
    ...about,
    found: onNode === undefined || onNode === value ? value : `${value}, which is ${onNode} on the node`,
    ...setTo(
      seen,
      setting,
      `What the apiserver writes now is not what auditseal reads. Correct the flag, or the sources of auditseal.`,
    ),
  });
}

function atLeast(seen: SeenFlags, { name, least, unit, why, byDefault, stake }: Least): Finding {
  const about = { id: `flag-${name}`, name: `--${name}`, expected: `at least ${least} ${unit}`, why };
  const value = seen.flags.values.get(name);
  if (value === undefined) {
    if (!seen.isWhole) return notSetHere(seen, about, `${name}=${least}`);
    if (hasDefaults(seen.version))
      return ok({
        ...about,
        found: `not set: ${byDefault} ${unit} by default since 1.36, which a CIS scan calls a failure`,
      });
    return warning({
      ...about,
      found: `not set${seen.version === undefined ? '' : `: no limit in ${seen.version}`}`,
      ...setTo(seen, `${name}=${least}`, stake),
    });
  }
  const number = Number(value);
  if (Number.isInteger(number) && number >= least) return ok({ ...about, found: value });
  const found = number === 0 ? '0, which is no limit' : value;
  return warning({ ...about, found, ...setTo(seen, `${name}=${least}`, stake) });
}

function mode(seen: SeenFlags): Finding {
  const name = 'audit-log-mode';
  const about = {
    id: `flag-${name}`,
    name: `--${name}`,
    expected: 'blocking or blocking-strict',
    why: `${ours}: no event is lost`,
  };
  const value = seen.flags.values.get(name);
  if (value === undefined) return ok({ ...about, found: 'not set: blocking by default' });
  if (value === 'blocking' || value === 'blocking-strict') return ok({ ...about, found: value });
  return problem({
    ...about,
    found: value,
    ...setTo(
      seen,
      `${name}=blocking`,
      `Up to 10,000 events wait in memory: they are lost when the apiserver is killed, and dropped when more come.`,
    ),
  });
}

function onlyValue(seen: SeenFlags, name: string, expected: string, stake: string): Finding {
  const about = { id: `flag-${name}`, name: `--${name}`, expected, why: ours };
  const value = seen.flags.values.get(name);
  if (value === undefined) return ok({ ...about, found: `not set: ${expected} by default` });
  if (value === expected) return ok({ ...about, found: value });
  return problem({ ...about, found: value, ...setTo(seen, `${name}=${expected}`, stake) });
}

function repeated(seen: SeenFlags): Finding {
  const names = seen.flags.repeated.filter(isOfAuditing);
  const about = { id: 'flags-repeated', name: 'flags given once', expected: 'each at most once', why: ours };
  if (names.length === 0) return ok({ ...about, found: 'each at most once' });
  return warning({
    ...about,
    found: `${names.join(', ')} twice or more`,
    remedy: `Only the last one counts, and a reader takes the first for it. Leave the one that you mean in ${seen.where}.`,
  });
}

function webhook(seen: SeenFlags): Finding {
  const value = seen.flags.values.get('audit-webhook-config-file');
  return ok({
    id: 'flag-audit-webhook',
    name: '--audit-webhook-config-file',
    found: value === undefined ? 'not set' : 'set: a second copy goes elsewhere',
    expected: 'as you want it',
    why: ours,
  });
}

type About = Pick<Finding, 'id' | 'name' | 'expected' | 'why'>;

function absent(seen: SeenFlags, about: About, stake: string, setting: string): Finding {
  if (!seen.isWhole) return notSetHere(seen, about, setting);
  return problem({ ...about, found: 'not set', ...setTo(seen, setting, stake) });
}

function notSetHere(seen: SeenFlags, about: About, setting: string): Finding {
  return unchecked({
    ...about,
    found: `not set in ${seen.where}; it may be elsewhere`,
    ...setTo(seen, setting, `Look for it in all files and in the unit's arguments.`),
  });
}

/** What to paste, and where, behind what it means. */
function setTo({ kind, where }: SeenFlags, setting: string, stake: string): { remedy: string; fix: string } {
  if (kind === 'k3s or RKE2 configuration')
    return {
      remedy: `${stake} In a file of config.yaml.d, then restart the server:`,
      fix: `kube-apiserver-arg+:\n  - ${setting}`,
    };
  if (kind === 'file of arguments')
    return { remedy: `${stake} In ${where}, then restart the apiserver:`, fix: `--${setting}` };
  const place = kind === 'static pod' ? where : 'what defines the apiserver';
  return {
    remedy: `${stake} Under \`command:\` of ${place}; with kubeadm also in \`apiServer.extraArgs\` of the ConfigMap kubeadm-config, or the next upgrade takes it away:`,
    fix: `- --${setting}`,
  };
}

/** Whether unset flags limit the log: since 1.36. */
function hasDefaults(version: string | undefined): boolean {
  return version !== undefined && minorOf(version) >= 36;
}

/** 36 of `1.36`. */
export function minorOf(version: string): number {
  return Number(/^1\.(\d+)/u.exec(version)?.[1] ?? 0);
}

/** Whether what runs is what is written. */
export function compareFlags(intended: SeenFlags, running: SeenFlags): Finding {
  const about = {
    id: 'flags-in-force',
    name: 'flags in force',
    expected: `those in ${intended.where}`,
    why: `${ours}: a file that was changed is not in force before a restart`,
  };
  const names = new Set([...intended.flags.values.keys()].filter(isOfAuditing));
  // Where all flags show, defaults too, those that nobody set are no difference.
  if (running.where !== '/flagz')
    for (const name of running.flags.values.keys()) if (isOfAuditing(name)) names.add(name);
  const otherwise = [...names].filter(
    (name) => intended.flags.values.get(name) !== running.flags.values.get(name),
  );
  if (otherwise.length === 0) return ok({ ...about, found: `the same in ${running.where}` });
  const texts = otherwise.map(
    (name) => `${name} is ${valueText(running, name)}, and ${valueText(intended, name)} is written`,
  );
  return problem({
    ...about,
    found: texts.join('; '),
    remedy: `Find out who changed ${intended.where}, or what the process was started with; then let the kubelet start it anew.`,
  });
}

function valueText({ flags }: SeenFlags, name: string): string {
  const value = flags.values.get(name);
  return value === undefined ? 'not set' : JSON.stringify(value.slice(0, 200));
}

/** All flags of auditing, so that any change of them is one of this finding. */
export function flagsFinding({ flags, where }: SeenFlags): Finding {
  const set = [...flags.values]
    .filter(([name]) => isOfAuditing(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return ok({
    id: 'audit-flags',
    name: 'flags of auditing',
    found: set.length === 0 ? `none in ${where}` : set.map(([name, value]) => `${name}=${value}`).join(' '),
    expected: 'no change that nobody knows of',
    why: ours,
  });
}
