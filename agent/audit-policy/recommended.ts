import { fileURLToPath } from 'node:url';

/** A policy for apiservers that have none: the text of manifests/audit-policy.yaml. */
export const recommendedPolicyFile = fileURLToPath(new URL('recommended.yaml', import.meta.url));
