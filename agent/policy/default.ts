import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parsePolicy } from './policy.ts';
import type { Policy } from './policy.ts';

/** The policy in force where the configuration names none. */
export const defaultPolicyFile = fileURLToPath(new URL('default-policy.yaml', import.meta.url));

let parsed: Policy | undefined;

/** That policy itself; read once, and only by who asks for it. */
export function defaultPolicy(): Policy {
  return (parsed ??= parsePolicy(readFileSync(defaultPolicyFile, 'utf8')));
}
