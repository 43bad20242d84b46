import { codeOf, isFields, sourceAddress, textOf } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';
import type { Sample } from './alert.ts';
import { plain } from './plain.ts';

/** Of a name: Kubernetes' own have at most 253. */
const nameUnitsMax = 120;
const resourceUnitsMax = 200;

/**
 * What an alert says of an event.
 *
 * @param event after redaction, and with pseudonyms where they are wanted: nothing else may be given
 */
export function sampleOf(event: AuditEvent, eventId: string, readAt: Date): Sample {
  const { verb, user, impersonatedUser, userAgent, auditID, stageTimestamp } = event;
  const impersonated = nameOf(impersonatedUser);
  const address = lastAddress(event.sourceIPs);
  const code = codeOf(event.responseStatus);
  const agent = textOf(userAgent);
  const audit = textOf(auditID);
  const actor = nameOf(user);
  const name = impersonated ?? actor;
  return {
    at: timeOf(stageTimestamp) ?? readAt.toISOString(),
    verb: plain(textOf(verb) ?? 'unknown', 40),
    resource: plain(resourceOf(event), resourceUnitsMax),
    ...(name !== undefined && { user: plain(name, nameUnitsMax) }),
    ...(impersonated !== undefined && actor !== undefined && { impersonator: plain(actor, nameUnitsMax) }),
    ...(address !== undefined && { address: plain(address, 64) }),
    ...(agent !== undefined && { userAgent: plain(agent, nameUnitsMax) }),
    ...(code !== undefined && { code }),
    eventId,
    ...(audit !== undefined && { auditId: plain(audit, 64) }),
  };
}

/** The one that the apiserver itself was connected from: those before it are headers that a client writes. */
function lastAddress(sourceIPs: unknown): string | undefined {
  return Array.isArray(sourceIPs) ? sourceAddress(sourceIPs.at(-1)) : undefined;
}

function nameOf(user: unknown): string | undefined {
  return isFields(user) ? textOf(user['username']) : undefined;
}

/** RFC 3339 with milliseconds: whatever else a line has as its time is no time to a receiver. */
function timeOf(timestamp: unknown): string | undefined {
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** `pods/exec prod/web-0`. Of a request for no object the path: a query can hold what a client likes. */
function resourceOf({ objectRef, requestURI }: AuditEvent): string {
  if (!isFields(objectRef)) return (textOf(requestURI) ?? '').split('?', 1)[0]!;
  const [resource, subresource, namespace, name] = ['resource', 'subresource', 'namespace', 'name'].map(
    (member) => textOf(objectRef[member]),
  );
  const type = [resource, subresource].filter((part) => part !== undefined).join('/');
  const object = [namespace, name].filter((part) => part !== undefined).join('/');
  return object === '' ? type : `${type} ${object}`;
}
