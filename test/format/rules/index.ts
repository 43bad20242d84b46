import { credentialAccess } from './credential-access.ts';
import { discovery } from './discovery.ts';
import { execution } from './execution.ts';
import { otherTactics } from './other-tactics.ts';
import { persistence } from './persistence.ts';
import { privilegeEscalation } from './privilege-escalation.ts';
import type { Rule } from './rule.ts';

export type { Found, Level, Rule } from './rule.ts';

/** All of Elastic's prebuilt rules that read Kubernetes audit events. */
export const rules: readonly Rule[] = [
  ...credentialAccess,
  ...discovery,
  ...execution,
  ...otherTactics,
  ...persistence,
  ...privilegeEscalation,
];
