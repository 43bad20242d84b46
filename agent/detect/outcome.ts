import { isFields, loginOf, outcomeOf } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';

/** In place of a value: it cannot be worked out, since what it needs is not there or has another type. As CEL's errors it spreads. */
export const missing = Symbol('missing');

/** In place of a value: it is not known of a whole kind of events, and may be anything. */
export const unknown = Symbol('unknown');

/** Whether a request was refused or failed. One without a code has only begun: it counts as allowed if no authorizer forbade it. */
export function isFailed(event: AuditEvent): boolean {
  return outcomeOf(event) === 'failure';
}

/** Whether it was the authentication or the authorizer that refused it. */
export function isDenied(event: AuditEvent): boolean {
  const { responseStatus, annotations } = event;
  const code = isFields(responseStatus) ? responseStatus['code'] : undefined;
  if (code === 401 || code === 403) return true;
  if (loginOf(event)?.decision === 'deny') return true;
  return isFields(annotations) && annotations['authorization.k8s.io/decision'] === 'forbid';
}
