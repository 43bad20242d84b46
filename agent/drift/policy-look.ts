import { hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { AuditPolicyError, decodeAuditPolicy, policyAsOf } from '../audit-policy/index.ts';
import type { DecodedPolicy } from '../audit-policy/index.ts';
import { fileBytesMax, InputError, readTextFile } from '../input/index.ts';
import { ok, ours, problem, unchecked, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { minorOf } from './flag-checks.ts';
import { checkPolicy } from './policy-checks.ts';

/** An apiserver's audit policy file, as it is now. */
export interface PolicyLook {
  /** `sha256:<hex>` and the text; undefined where it cannot be read. */
  readonly digest: string | undefined;
  readonly text: string | undefined;
  readonly decoded: DecodedPolicy | undefined;
  /** The policy as this version of the apiserver takes it. */
  readonly policy: DecodedPolicy['policy'] | undefined;
  readonly findings: readonly Finding[];
}

export interface PolicyLookOptions {
  readonly path: string;
  /** `1.35`; undefined where it is not known. */
  readonly version: string | undefined;
  /** When the apiserver that runs was started; undefined where it is not known. */
  readonly startedAt: Date | undefined;
  /** It may be the file of another machine. */
  readonly mayBeAbsent: boolean;
}

const about = {
  id: 'audit-policy',
  name: 'audit policy',
  expected: 'a policy that the apiserver takes, and no change that nobody knows of',
  why: ours,
};

const none = { digest: undefined, text: undefined, decoded: undefined, policy: undefined };

/** Reads and checks an audit policy file. */
export async function lookAtPolicy({
  path,
  version,
  startedAt,
  mayBeAbsent,
}: PolicyLookOptions): Promise<PolicyLook> {
  let text: string;
  try {
    text = await readTextFile(path, fileBytesMax.settings);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const found = `${path} ${error.message}`;
    const remedy = 'An apiserver does not start without it. Put a policy there, and read it:';
    const fix = `auditseal doctor --propose > ${path}`;
    const finding =
      error.code === 'absent' && !mayBeAbsent
        ? problem({ ...about, found, remedy, fix })
        : unchecked({ ...about, found });
    return { ...none, findings: [finding] };
  }
  const digest = `sha256:${hash('sha256', text)}`;
  const file = await stat(path).catch(() => undefined);
  try {
    const decoded = decodeAuditPolicy(text);
    const found = `${digest}, ${decoded.policy.rules.length} rules`;
    const findings = [
      ok({ ...about, found }),
      ...(file === undefined ? [] : [age(path, file.mtime, startedAt), ...replaced(path, file.nlink)]),
      ...checkPolicy(decoded, version),
    ];
    const policy = policyAsOf(decoded.policy, version === undefined ? undefined : minorOf(version));
    return { digest, text, decoded, policy, findings };
  } catch (error) {
    if (!(error instanceof AuditPolicyError)) throw error;
    const remedy = `The apiserver will not start again. Correct ${path}, or take it back: ${error.message.replaceAll('\n', ' ')}`;
    const finding = problem({ ...about, found: `${digest}, which no apiserver starts with`, remedy });
    return { ...none, digest, text, findings: [finding] };
  }
}

/** A policy is read at the start only. */
function age(path: string, changedAt: Date, startedAt: Date | undefined): Finding {
  const of = {
    id: 'audit-policy-in-force',
    name: 'audit policy in force',
    expected: 'older than the process that runs',
    why: `${ours}: the apiserver reads it when it starts, and never again`,
  };
  if (startedAt === undefined)
    return unchecked({
      ...of,
      found: `changed ${changedAt.toISOString()}; when the apiserver started is not known`,
    });
  const times = `changed ${changedAt.toISOString()}, apiserver started ${startedAt.toISOString()}`;
  if (changedAt <= startedAt) return ok({ ...of, found: times });
  return warning({
    ...of,
    found: times,
    remedy: `The policy of before is in force. Let the apiserver start anew: move its manifest out of the folder and back, or, where there is none, restart the service. Then see that ${path} is what you want.`,
  });
}

/** A file that is mounted alone stays the old one when another takes its place: its last name has gone then. */
function replaced(path: string, links: number): Finding[] {
  if (links > 0) return [];
  return [
    warning({
      id: 'audit-policy-mount',
      name: 'mount of the audit policy',
      found: 'the file was replaced by another since this pod started',
      expected: 'the file that is there now',
      why: `${ours}: a file that is mounted alone stays the old one`,
      remedy: `What is shown of ${path} is what was there before. Delete the pod of this node, so that the next one sees the new file, and find out who replaced it.`,
    }),
  ];
}
