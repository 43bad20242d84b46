import { z } from 'zod';
import { isOrigin, namePattern, operatorNamePattern, parseVerifierKey, SealError } from '../seal/index.ts';
import type { VerifierKey } from '../seal/index.ts';

const name = z.string().regex(namePattern);

const log = z
  .strictObject({ cluster: name, node: name, source: name, vkey: z.string() })
  .superRefine((entry, context) => {
    const problem = keyProblem(entry.vkey, `${entry.cluster}/${entry.node}/${entry.source}/`);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['vkey'], message: problem });
  });

/** An operator's key; one with the name of a log would let a node speak for itself. */
const operator = z.string().superRefine((vkey, context) => {
  const problem = operatorProblem(vkey);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

/** The trust file of docs/seal-format.md §6: from which key on an auditor believes each log. */
export const trustSchema = z.strictObject({
  v: z.literal(1),
  logs: z.array(log),
  operators: z.array(operator).default([]),
  /** Keys whose statements may take events away: who may acknowledge gaps may not therefore erase. */
  erasers: z.array(operator).default([]),
});

export type TrustFile = z.infer<typeof trustSchema>;

function operatorProblem(vkey: string): string | undefined {
  const key = parsed(vkey);
  if (typeof key === 'string') return key;
  if (isOrigin(key.name)) return `is a key of the log ${key.name}, not of an operator`;
  return operatorNamePattern.test(key.name)
    ? undefined
    : `has a name that is not of the characters A-Z a-z 0-9 . _ @ : / -`;
}

function keyProblem(vkey: string, prefix: string): string | undefined {
  const key = parsed(vkey);
  if (typeof key === 'string') return key;
  if (key.name.startsWith(prefix) && namePattern.test(key.name.slice(prefix.length))) return undefined;
  return `is a key of ${key.name}, not of an epoch of ${prefix.slice(0, -1)}`;
}

function parsed(vkey: string): VerifierKey | string {
  try {
    return parseVerifierKey(vkey);
  } catch (error) {
    if (error instanceof SealError) return error.message;
    throw error;
  }
}
