import { hash } from 'node:crypto';
import { z } from 'zod';
import { fileBytesMax, InputError, parseYaml, readTextFile } from '../input/index.ts';
import { DriftError } from './error.ts';
import { ok, warning } from './finding.ts';
import type { Finding } from './finding.ts';

const schema = z.strictObject({
  /** Values of flags; null for one that must not be set. */
  flags: z.record(z.string().max(100), z.string().max(4096).nullable()).default({}),
  /** `sha256:<hex>` of the audit policy file. */
  auditPolicy: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/u, 'must be sha256: and 64 hex digits, as `auditseal doctor` prints it')
    .optional(),
  /** Ids of findings that are known, and why they are left. */
  accept: z.record(z.string().max(100), z.string().min(1).max(500)).default({}),
});

/** What an installation is to be, beyond what is expected of any. */
export interface Expectations extends z.infer<typeof schema> {
  readonly digest: string;
}

/** Reads a file of expectations. Throws DriftError `settings` with each wrong key. */
export async function readExpectations(file: string): Promise<Expectations> {
  try {
    const text = await readTextFile(file, fileBytesMax.settings);
    const parsed = schema.safeParse(parseYaml(text));
    if (parsed.success) return { ...parsed.data, digest: `sha256:${hash('sha256', text)}` };
    const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(file)'}: ${message}`);
    throw new DriftError('settings', `${file} is no file of expectations: ${lines.join('; ')}`);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new DriftError('settings', `${file} ${cause.message}`, { cause });
  }
}

/**
 * The findings under expectations: those that are met or accepted are right, whatever is expected of any; those that are not met are
 * wrong. Whoever can write the file can accept anything, so the file itself is a finding, and its change is one.
 */
export function underExpectations(
  findings: readonly Finding[],
  expectations: Expectations | undefined,
  flags: ReadonlyMap<string, string> | undefined,
  policyDigest: string | undefined,
): Finding[] {
  if (expectations === undefined) return [...findings];
  const { accept, digest } = expectations;
  const own = ownFindings(expectations, flags, policyDigest);
  const met = new Set(own.map(({ id }) => id));
  const left = findings
    .filter(({ id }) => !met.has(id))
    .map((finding) => {
      const why = accept[finding.id];
      if (why === undefined || finding.state === 'ok' || finding.state === 'unchecked') return finding;
      return ok({ ...finding, found: `${finding.found} (accepted: ${why})` });
    });
  const file = ok({
    id: 'expectations',
    name: 'file of expectations',
    found: `${digest}, ${Object.keys(accept).length} accepted`,
    expected: 'no change that nobody knows of',
    why: 'ours',
  });
  return [...own, ...left, file];
}

function ownFindings(
  { flags: wanted, auditPolicy }: Expectations,
  flags: ReadonlyMap<string, string> | undefined,
  policyDigest: string | undefined,
): Finding[] {
  const why = 'your file of expectations';
  const ofFlags = Object.entries(wanted).flatMap(([name, value]) => {
    if (flags === undefined) return [];
    const found = flags.get(name);
    const about = {
      id: `flag-${name}`,
      name: `--${name}`,
      found: found ?? 'not set',
      expected: value ?? 'not set',
      why,
    };
    const remedy = value === null ? `Take --${name} away.` : `Set --${name}=${value}.`;
    return [found === (value ?? undefined) ? ok(about) : warning({ ...about, remedy })];
  });
  if (auditPolicy === undefined || policyDigest === undefined) return ofFlags;
  const about = {
    id: 'audit-policy-expected',
    name: 'audit policy as expected',
    found: policyDigest,
    expected: auditPolicy,
    why,
  };
  const remedy = 'Put the policy back that you expect, or its digest into the file of expectations.';
  return [...ofFlags, policyDigest === auditPolicy ? ok(about) : warning({ ...about, remedy })];
}
