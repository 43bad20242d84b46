import { fileURLToPath } from 'node:url';

/** The policy in force where the configuration names none. */
export const defaultPolicyFile = fileURLToPath(new URL('default-policy.yaml', import.meta.url));
