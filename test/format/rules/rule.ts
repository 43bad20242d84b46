import { audit, has, is, not, like, all } from './dsl.ts';
import type { Dsl } from './dsl.ts';

/** Of the audit policy, from the least to the most that is written. */
export type Level = 'Metadata' | 'Request' | 'RequestResponse';

/** What a search returns of an event, by field: the values that are indexed. */
export interface Found {
  auditId: string;
  /** `@timestamp` in milliseconds since 1970. */
  time: number;
  values: ReadonlyMap<string, readonly unknown[]>;
}

/**
 * What one of Elastic's prebuilt rules looks for (elastic/detection-rules, commit 14cf530f of 2026-08-21), in our own words, as far as
 * an audit event decides it. Left out are its lists of vendors' accounts and images that it excuses, but for those of which there is
 * a near miss, and what it needs of the data of other products.
 */
export interface Rule {
  /** The file's name there, without `.toml`. */
  name: string;
  condition: Dsl;
  /** At which levels the rule sees its event: what it asks for itself, and what holds the bodies that it reads. */
  levels: readonly Level[];
  /** What it asks of several events together, where it does. Default: each that meets the condition is a hit. */
  together?: (found: readonly Found[]) => Found[];
}

export const anyLevel: readonly Level[] = ['Metadata', 'Request', 'RequestResponse'];
/** For rules that read what was asked for. */
export const withRequest: readonly Level[] = ['Request', 'RequestResponse'];
/** For rules that read what came of it, or ask for the level itself. */
export const withResponse: readonly Level[] = ['RequestResponse'];

/** Of the stream that all rules look into. */
export const ofAudit = is('data_stream.dataset', 'kubernetes.audit_logs');
export const allowed = is(audit('annotations.authorization_k8s_io/decision'), 'allow');
export const forbidden = is(audit('annotations.authorization_k8s_io/decision'), 'forbid');
export const verb = (...verbs: string[]) => is(audit('verb'), ...verbs);
export const stage = (...stages: string[]) => is(audit('stage'), ...stages);
export const resource = (...resources: string[]) => is(audit('objectRef.resource'), ...resources);
export const namespace = (...namespaces: string[]) => is(audit('objectRef.namespace'), ...namespaces);
export const subresource = (name: string) => is(audit('objectRef.subresource'), name);

/** Any user agent but that of components which were built without a version. */
export const knownAgent = all(
  has('user_agent.original'),
  not(like('user_agent.original', '*kubernetes/$Format')),
);

/** The control plane's, the nodes' and the system's own. */
export const systemUser = like(
  'user.name',
  'system:kube-controller-manager',
  'system:kube-scheduler',
  'system:node:*',
  'system:serviceaccount:kube-system:*',
  'eks:*',
  'aksService',
);
/** An address, and not this machine's own. */
export const remote = all(has('source.ip'), not(is('source.ip', '127.0.0.1', '::1')));

/** The events in groups that have the same values of these fields. */
export function groups(found: readonly Found[], keyOf: (event: Found) => readonly unknown[]): Found[][] {
  return [...Map.groupBy(found, (event) => JSON.stringify(keyOf(event))).values()];
}

/** How many different values of a field there are. */
export function different(found: readonly Found[], field: string): number {
  return new Set(found.flatMap((event) => event.values.get(field) ?? [])).size;
}
