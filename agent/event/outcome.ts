import { isFields } from './event.ts';
import type { AuditEvent } from './event.ts';
import { loginOf } from './login.ts';

/** As ECS `event.outcome` has it. */
export type Outcome = 'success' | 'failure' | 'unknown';

const authorizationDecision = 'authorization.k8s.io/decision';

/**
 * What came of a request, by whatever of its event says so: an allowed request that ends with 404 is no success. A failed one is told by a status code of 400 or more, by the status
 * `Failure` where there is no code, by an authorizer's `forbid`, by a login that was denied, and by a panic.
 */
export function outcomeOf(event: AuditEvent): Outcome {
  const { responseStatus, annotations, stage } = event;
  const status = isFields(responseStatus) ? responseStatus : undefined;
  const code = status?.['code'];
  const notes = isFields(annotations) ? annotations : undefined;
  const login = loginOf(event)?.decision;
  const isFailure =
    stage === 'Panic' ||
    status?.['status'] === 'Failure' ||
    (typeof code === 'number' && code >= 400) ||
    notes?.[authorizationDecision] === 'forbid' ||
    login === 'deny' ||
    login === 'error';
  if (isFailure) return 'failure';
  return typeof code === 'number' && code > 0 ? 'success' : 'unknown';
}
