import { exec } from './exec.ts';
import { failures } from './failures.ts';
import type { Question } from './question.ts';
import { rbac } from './rbac.ts';
import { secrets } from './secrets.ts';

export type { Question } from './question.ts';
export { exec, failures, rbac, secrets };

/** In the order in which the demo asks them. */
export const questions: readonly Question[] = [secrets, rbac, exec, failures];
