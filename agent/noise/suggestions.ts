import type { Amount } from './counter.ts';
import type { Group } from './groups.ts';

/** A rule that would drop a group of events, and what it costs. */
export interface Suggestion extends Amount {
  readonly user: string;
  readonly verbs: readonly string[];
  readonly resource: Group['resource'];
  readonly path: string | undefined;
  /** What nobody would see any more. */
  readonly lost: string;
  /** Of these events those that an apiserver's own policy would lose beside: it knows no outcome. */
  readonly notable: Amount;
}

/** What a rule must not take for noise: credentials, rights, ways into containers and nodes, and who asks what he may. */
const sensitive: readonly RegExp[] = [
  /^\/(?:secrets|configmaps|serviceaccounts\/token|nodes\/proxy)(?:\/|$)/u,
  /^\/[a-z]+\/(?:exec|attach|portforward|proxy|log|ephemeralcontainers)$/u,
  /^(?:rbac\.authorization|authentication|authorization|certificates|admissionregistration|apiextensions|apiregistration)\.k8s\.io\//u,
  // Of a custom resource nobody knows what it holds; Kubernetes' own groups have no dot, or end so.
  /^(?=[^/]*\.)(?![a-z.]+\.k8s\.io\/)/u,
];

const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const writesOf: Readonly<Record<string, ReadonlySet<string>>> = {
  'coordination.k8s.io/leases': new Set(['get', 'update', 'patch']),
  '/events': new Set(['create', 'update', 'patch']),
  'events.k8s.io/events': new Set(['create', 'update', 'patch']),
};
const system = /^system:(?!anonymous$|masters$)/u;

/**
 * Rules that would save the most bytes of what is kept, largest first. Only of identities of the system itself, in whose name no
 * person works, and only reads of what holds no credentials or rights, leases, Events of the API, and endpoints of health.
 *
 * @param kept groups of the events that the policy in force keeps
 */
export function suggestionsOf(kept: readonly Group[], count: number): Suggestion[] {
  const merged = new Map<string, Suggestion & { verbs: string[] }>();
  for (const group of kept) {
    if (!isNoise(group)) continue;
    const what = nameOf(group);
    const key = `${group.user}\n${what}`;
    const known = merged.get(key);
    if (known) {
      known.verbs.push(group.verb);
      known.events += group.events;
      known.bytes += group.bytes;
      known.notable.events += group.notable.events;
      known.notable.bytes += group.notable.bytes;
    } else {
      const { user, resource, path, events, bytes, notable } = group;
      const one = {
        user,
        verbs: [group.verb],
        resource,
        path,
        events,
        bytes,
        notable: { ...notable },
        lost: '',
      };
      merged.set(key, one);
    }
  }
  return [...merged.values()]
    .filter(({ events }) => events > 0)
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, count)
    .map((one) => ({ ...one, verbs: one.verbs.toSorted(), lost: lostBy(one) }));
}

function isNoise(group: Group): boolean {
  if (!system.test(group.user)) return false;
  if (group.path !== undefined) return group.verb === 'get';
  const what = nameOf(group);
  if (sensitive.some((pattern) => pattern.test(what))) return false;
  return reads.has(group.verb) || (writesOf[what]?.has(group.verb) ?? false);
}

function nameOf({ resource, path }: Group): string {
  return resource ? `${resource.group}/${resource.name}` : (path ?? '');
}

function lostBy({ user, verbs, resource, path }: Suggestion): string {
  if (path !== undefined) return `whether somebody with the credentials of ${user} asks ${path}`;
  const done = verbs.every((verb) => reads.has(verb))
    ? 'reads'
    : 'reads or writes (but for what it creates and deletes)';
  const { name = '', group = '' } = resource ?? {};
  return `that a thief of the credentials of ${user} ${done} ${group === '' ? name : `${name}.${group}`}`;
}
