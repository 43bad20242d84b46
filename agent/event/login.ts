import { isFields } from './event.ts';
import type { AuditEvent } from './event.ts';
import { textOf } from './text.ts';

/** What came of a login at OpenShift's oauth-server. */
export type LoginDecision = 'allow' | 'deny' | 'error';

export interface Login {
  readonly decision: LoginDecision;
  /** Who logged in, or who was claimed to: of a login that did not succeed the client chose it. */
  readonly username: string | undefined;
}

const decisions: ReadonlySet<unknown> = new Set<LoginDecision>(['allow', 'deny', 'error']);

/**
 * The login that a request to OpenShift's oauth-server was for (github.com/openshift/oauth-server pkg/audit, its annotations). The
 * request itself ends with a redirect, by nobody, whatever came of the login. A request for an object is none: there a webhook or
 * an admission policy of this name could have written the annotations, while nothing admits a request for a path.
 */
export function loginOf({
  annotations,
  objectRef,
}: Pick<AuditEvent, 'annotations' | 'objectRef'>): Login | undefined {
  if (objectRef !== undefined || !isFields(annotations)) return undefined;
  const decision = annotations['authentication.openshift.io/decision'];
  if (!isDecision(decision)) return undefined;
  return { decision, username: textOf(annotations[loginUsername]) };
}

/** The annotation that names who logged in. */
export const loginUsername = 'authentication.openshift.io/username';

function isDecision(value: unknown): value is LoginDecision {
  return decisions.has(value);
}
