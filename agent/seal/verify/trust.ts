import { z } from 'zod';
import { namePattern, parseVerifierKey, SealError } from '../index.ts';

const name = z.string().regex(namePattern);

const log = z
  .strictObject({ cluster: name, node: name, source: name, vkey: z.string() })
  .superRefine((entry, context) => {
    const problem = keyProblem(entry.vkey, `${entry.cluster}/${entry.node}/${entry.source}/`);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['vkey'], message: problem });
  });

/** The trust file of docs/seal-format.md §6: from which key on an auditor believes each log. */
export const trustSchema = z.strictObject({
  v: z.literal(1),
  logs: z.array(log),
  operators: z.array(z.string()).default([]),
});

export type Trust = z.infer<typeof trustSchema>;

function keyProblem(vkey: string, prefix: string): string | undefined {
  try {
    const key = parseVerifierKey(vkey);
    if (key.name.startsWith(prefix) && namePattern.test(key.name.slice(prefix.length))) return undefined;
    return `is a key of ${key.name}, not of an epoch of ${prefix.slice(0, -1)}`;
  } catch (error) {
    if (error instanceof SealError) return error.message;
    throw error;
  }
}
