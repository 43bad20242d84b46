import { isFields } from '../event/index.ts';
import { auditMetricsOf, flagzOf } from './apiserver.ts';
import type { ApiserverSettings, AuditMetrics } from './apiserver.ts';
import { readDefinition } from './definition.ts';
import type { Definition } from './definition.ts';
import { lookAtDisk } from './disk-look.ts';
import { DriftError } from './error.ts';
import { underExpectations } from './expectations.ts';
import type { Expectations } from './expectations.ts';
import { logFile, lookAtFile, manifestFile, policyFile } from './file-look.ts';
import { ok, ours, problem, unchecked, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { checkFlags, compareFlags, flagsFinding } from './flag-checks.ts';
import type { SeenFlags } from './flag-checks.ts';
import type { Flags } from './flags.ts';
import { lookAtPolicy } from './policy-look.ts';
import type { PolicyLook } from './policy-look.ts';
import { apiserverProcesses } from './process.ts';

/** What may be looked at. What is undefined is left alone. */
export interface LookSettings {
  /** See {@link readDefinition}. */
  readonly apiserverPath?: string | undefined;
  /** The audit policy file; default: where the flags have it on the node. */
  readonly auditPolicyFile?: string | undefined;
  /** The audit logs. */
  readonly logPaths: readonly string[];
  /** `/proc`. */
  readonly proc?: string | undefined;
  readonly apiserver?: ApiserverSettings | undefined;
  /** `1.35`, where the installation does not say it. */
  readonly version?: string | undefined;
  readonly expectations?: Expectations | undefined;
  /** What is looked at may be copies from another machine: what they name need not be here. */
  readonly mayBeCopies?: boolean | undefined;
}

/** What one look at an installation came to. */
export interface Examined {
  readonly findings: readonly Finding[];
  readonly policy: PolicyLook | undefined;
  readonly metrics: AuditMetrics | undefined;
}

/**
 * Looks once at all that decides what gets logged, as far as it may be looked at. Never throws for what it finds.
 *
 * @param answered what the apiserver has said before, in place of asking it
 */
export async function examine(
  settings: LookSettings,
  signal: AbortSignal,
  answered?: Answered,
): Promise<Examined> {
  const definition = await definitionOf(settings.apiserverPath);
  const process = await processOf(settings.proc);
  const api =
    answered ?? (settings.apiserver ? await askApiserver(settings.apiserver, signal) : { findings: [] });
  const version = settings.version ?? api.metrics?.version ?? definition.of?.version;
  const intended = definition.of && seenIn(definition.of, version);
  const running = runningFlags(api.flags, process.flags, version);
  const best = running ?? intended;
  const startedAt = process.startedAt ?? api.metrics?.startedAt;
  const policyPath = settings.auditPolicyFile ?? onNode(definition.of, best, 'audit-policy-file');
  const mayBeAbsent = settings.mayBeCopies === true && settings.auditPolicyFile === undefined;
  const policy =
    policyPath === undefined
      ? undefined
      : await lookAtPolicy({ path: policyPath, version, startedAt, mayBeAbsent });
  const written = onNode(definition.of, best, 'audit-log-path');
  const logs = logsOf(settings, written);
  const findings = [
    ...definition.findings,
    ...process.findings,
    ...api.findings,
    ...(best ? [flagsFinding(best), ...checkFlags(best, { read: settings.logPaths, onNode: written })] : []),
    ...(intended && running ? [compareFlags(intended, running)] : []),
    ...(policy?.findings ?? []),
    ...(await filesOf(definition.of, policy && policyPath, logs)),
    ...(best && logs[0] !== undefined ? [await lookAtDisk(logs[0], best.flags)] : []),
  ];
  const flags = best?.flags.values;
  return {
    findings: underExpectations(findings, settings.expectations, flags, policy?.digest),
    policy,
    metrics: api.metrics,
  };
}

function logsOf({ logPaths }: LookSettings, written: string | undefined): readonly string[] {
  if (logPaths.length > 0) return logPaths;
  return written === undefined || written === '-' ? [] : [written];
}

function onNode(
  definition: Definition | undefined,
  seen: SeenFlags | undefined,
  flag: string,
): string | undefined {
  const path = seen?.flags.values.get(flag);
  return path === undefined || path === '' ? undefined : (definition?.onNode(path) ?? path);
}

function seenIn({ flags, path, isWhole, kind, version }: Definition, known: string | undefined): SeenFlags {
  return { flags, where: path, isWhole, kind, version: known ?? version };
}

/** `/flagz` before `/proc`: it knows defaults, too. */
function runningFlags(
  flagz: Map<string, string> | undefined,
  flags: Flags | undefined,
  version: string | undefined,
): SeenFlags | undefined {
  const kind = 'running process';
  if (flagz !== undefined)
    return { flags: { values: flagz, repeated: [] }, where: '/flagz', isWhole: true, kind, version };
  return flags && { flags, where: '/proc', isWhole: true, kind, version };
}

async function definitionOf(path: string | undefined): Promise<{ of?: Definition; findings: Finding[] }> {
  if (path === undefined) return { findings: [] };
  const about = {
    id: 'definition',
    name: 'definition of the apiserver',
    expected: 'a file that can be read',
    why: ours,
  };
  try {
    const of = await readDefinition(path);
    return { of, findings: [ok({ ...about, found: `${of.path} (${of.kind})` })] };
  } catch (error) {
    if (!(error instanceof DriftError)) throw error;
    return { findings: [unchecked({ ...about, found: error.message })] };
  }
}

interface SeenProcess {
  readonly flags?: Flags;
  readonly startedAt?: Date;
  readonly findings: readonly Finding[];
}

async function processOf(proc: string | undefined): Promise<SeenProcess> {
  if (proc === undefined) return { findings: [] };
  const about = { id: 'process', name: 'process of the apiserver', expected: 'one', why: ours };
  try {
    const all = await apiserverProcesses(proc);
    const [one, ...others] = all;
    if (one === undefined)
      return {
        findings: [
          unchecked({
            ...about,
            found: 'none is seen (in a pod this takes hostPID; k3s has none of its own)',
          }),
        ],
      };
    if (others.length === 0) return { ...one, findings: [ok({ ...about, found: 'one' })] };
    const found = `${all.length}, so that it is not known which is the apiserver`;
    const remedy = `Look at each: ${all
      .map(({ pid }) => `ps -fp ${pid}`)
      .slice(0, 5)
      .join('; ')}`;
    return { findings: [warning({ ...about, found, remedy })] };
  } catch (error) {
    const code = isFields(error) ? String(error['code']) : 'unknown';
    return { findings: [unchecked({ ...about, found: `${proc} cannot be read (${code})` })] };
  }
}

/** What an apiserver said of itself. */
export interface Answered {
  readonly flags?: Map<string, string>;
  readonly metrics?: AuditMetrics;
  readonly findings: readonly Finding[];
}

/** Asks for its flags and metrics. Never throws. */
export async function askApiserver(settings: ApiserverSettings, signal: AbortSignal): Promise<Answered> {
  const flags = await tried('flagz', 'flags in force, from /flagz', () => flagzOf(settings, signal));
  const metrics = await tried('apiserver-metrics', 'metrics of the apiserver', () =>
    auditMetricsOf(settings, signal),
  );
  return {
    ...(flags.answer && { flags: flags.answer }),
    ...(metrics.answer && { metrics: metrics.answer }),
    findings: [flags.finding, metrics.finding, ...(metrics.answer ? errorsOf(metrics.answer) : [])],
  };
}

async function tried<Answer>(
  id: string,
  name: string,
  ask: () => Promise<Answer>,
): Promise<{ answer?: Answer; finding: Finding }> {
  const about = { id, name, expected: 'an answer', why: ours };
  try {
    return { answer: await ask(), finding: ok({ ...about, found: 'an answer' }) };
  } catch (error) {
    const found = error instanceof DriftError ? error.message : 'it is not as the documentation says';
    return { finding: unchecked({ ...about, found }) };
  }
}

function errorsOf({ errors, rejected }: AuditMetrics): Finding[] {
  const about = {
    id: 'apiserver-audit-errors',
    name: 'events that the apiserver could not write',
    expected: 'none since it started',
    why: `${ours}: they are nowhere else`,
  };
  if (errors + rejected === 0) return [ok({ ...about, found: 'none since it started' })];
  return [
    problem({
      ...about,
      found: `apiserver_audit_error_total ${errors}, apiserver_audit_requests_rejected_total ${rejected}`,
      remedy:
        'Look at the disk of the log, its rights, and --audit-log-maxsize against the longest event; the apiserver says in its own log what it could not write.',
    }),
  ];
}

async function filesOf(
  definition: Definition | undefined,
  policyPath: string | undefined,
  logs: readonly string[],
): Promise<Finding[]> {
  const files = [
    ...(definition === undefined ? [] : [manifestFile(definition.path)]),
    ...(policyPath === undefined ? [] : [policyFile(policyPath)]),
    ...logs.slice(0, 1).map((path) => logFile(path)),
  ];
  return await Promise.all(files.map(lookAtFile));
}
