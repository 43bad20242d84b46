import type { PolicyText } from '../policy/index.ts';
import type { AuditRequest, Identity } from './evaluate.ts';
import { knownKinds, resourceVerbs } from './kinds.ts';
import type { Kind } from './kinds.ts';

/** Stands for every value that no policy names. U+E000 is of private use: none names it. */
export const other = '\uE000';

const anonymous: Identity = { user: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Somebody that a policy can tell from others. */
export interface IdentityClass {
  readonly text: string;
  readonly identity: Identity;
}

/** Objects, or paths, that a policy can tell from others. */
export interface ObjectClass {
  readonly object: AuditRequest['object'];
}

/**
 * All requests, in classes of which no policy given can tell members apart: of each dimension the values that one of them names, and
 * one that stands for all others. Of groups a request has none or one that is named, beside `system:authenticated`.
 */
export class RequestSpace {
  readonly identities: readonly IdentityClass[];
  readonly verbs: readonly string[];
  /** Of resources, in the order of {@link knownKinds} first; then paths. */
  readonly objects: readonly ObjectClass[];
  readonly #users: ReadonlySet<string>;
  readonly #groups: ReadonlySet<string>;
  readonly #kinds: Kinds;
  readonly #namespaces: ReadonlySet<string>;
  readonly #paths: Paths;

  constructor(policies: readonly PolicyText[]) {
    const rules = policies.flatMap((policy) => policy.rules);
    const named = new Set(rules.flatMap(({ userGroups }) => userGroups));
    const anonymousNames = [anonymous.user, ...anonymous.groups, 'system:authenticated'];
    const users = new Set(rules.flatMap((rule) => rule.users));
    const hasAnonymous = anonymousNames.some((name) => users.has(name) || named.has(name));
    for (const name of anonymousNames) {
      users.delete(name);
      named.delete(name);
    }
    this.#users = users;
    this.#groups = named;
    this.identities = [
      { text: 'everybody else', identity: identityOf(other) },
      ...(hasAnonymous ? [{ text: 'anonymous users', identity: anonymous }] : []),
      ...[...users].map((user) => ({ text: user, identity: identityOf(user) })),
      ...[...named].map((group) => ({ text: `members of ${group}`, identity: identityOf(other, group) })),
    ];
    this.verbs = [...new Set([...resourceVerbs, ...rules.flatMap(({ verbs }) => verbs), other])];
    this.#namespaces = new Set([...rules.flatMap(({ namespaces }) => namespaces), other]);
    this.#kinds = new Kinds(rules);
    this.#paths = new Paths(rules.flatMap(({ nonResourceURLs }) => nonResourceURLs));
    this.objects = [
      ...this.#kinds
        .all()
        .flatMap((kind) =>
          [...this.#namespaces].flatMap((namespace) =>
            this.#kinds.namesOf(kind).map((name) => ({ object: { kind, namespace, name } })),
          ),
        ),
      ...this.#paths.all().map((path) => ({ object: { path } })),
    ];
  }

  /** The member of a request's class that stands for it; undefined for one in several of the groups that are named. */
  classOf({ identity, verb, object }: AuditRequest): AuditRequest | undefined {
    const groups = identity.groups.filter((group) => this.#groups.has(group));
    if (groups.length > 1 || (groups.length > 0 && this.#users.has(identity.user))) return undefined;
    const isAnonymous = identity.user === anonymous.user && this.identities[1]?.identity === anonymous;
    const user = this.#users.has(identity.user) ? identity.user : other;
    return {
      identity: isAnonymous ? anonymous : identityOf(user, ...groups),
      verb: this.verbs.includes(verb) ? verb : other,
      object: 'path' in object ? { path: this.#paths.classOf(object.path) } : this.#objectOf(object),
    };
  }

  #objectOf({ kind, namespace, name }: Exclude<AuditRequest['object'], { path: string }>) {
    const of = this.#kinds.classOf(kind);
    return {
      kind: of,
      namespace: this.#namespaces.has(namespace) ? namespace : other,
      name: this.#kinds.namesOf(of).includes(name) ? name : other,
    };
  }
}

function identityOf(user: string, ...groups: string[]): Identity {
  return { user, groups: [...groups, 'system:authenticated'] };
}

type Rules = readonly PolicyText['rules'][number][];
type Item = PolicyText['rules'][number]['resources'][number];

/** Groups, resources and subresources that are told apart. An item of `group: "*"` is one of each group. */
class Kinds {
  /** By group, by resource: the subresources. */
  readonly #groups = new Map<string, Map<string, Set<string>>>();
  readonly #items: readonly Item[];

  constructor(rules: Rules) {
    this.#items = rules.flatMap(({ resources }) => resources);
    for (const { group, resource, subresource } of knownKinds) this.#add(group, resource, subresource);
    for (const { group } of this.#items) if (group !== '*') this.#add(group, other, '');
    this.#add(other, other, '');
    for (const group of this.#groups.keys()) {
      const items = this.#itemsOf(group);
      for (const { resources } of items)
        for (const text of resources) {
          const [resource = '', subresource = ''] = text.split('/');
          if (resource !== '*') this.#add(group, resource, subresource === '*' ? '' : subresource);
        }
      const ofAny = items.flatMap(({ resources }) =>
        resources.filter((text) => text.startsWith('*/')).map((text) => text.slice(2)),
      );
      for (const subresources of this.#groups.get(group)!.values())
        for (const name of [other, ...ofAny]) subresources.add(name);
    }
  }

  all(): Kind[] {
    return [...this.#groups].flatMap(([group, resources]) =>
      [...resources].flatMap(([resource, subresources]) =>
        [...subresources].map((subresource) => ({ group, resource, subresource })),
      ),
    );
  }

  classOf(kind: Kind): Kind {
    const group = this.#groups.has(kind.group) ? kind.group : other;
    const resources = this.#groups.get(group)!;
    const resource = resources.has(kind.resource) ? kind.resource : other;
    const subresources = resources.get(resource)!;
    return { group, resource, subresource: subresources.has(kind.subresource) ? kind.subresource : other };
  }

  /** Names that items which are about a kind name. */
  namesOf({ group, resource }: Kind): string[] {
    const items = this.#itemsOf(group).filter(({ resources }) =>
      resources.some((text) => text.startsWith('*') || text.split('/', 1)[0] === resource),
    );
    return [...new Set([...items.flatMap(({ resourceNames }) => resourceNames), other])];
  }

  #itemsOf(group: string): Item[] {
    return this.#items.filter((item) => item.group === '*' || item.group === group);
  }

  #add(group: string, resource: string, subresource: string): void {
    const resources = this.#groups.get(group) ?? new Map<string, Set<string>>([[other, new Set([''])]]);
    this.#groups.set(group, resources);
    const subresources = resources.get(resource) ?? new Set(['']);
    resources.set(resource, subresources);
    subresources.add(subresource);
  }
}

/** Paths, and beginnings of paths, that are told apart. */
class Paths {
  readonly #exact: ReadonlySet<string>;
  /** The longest first. */
  readonly #beginnings: readonly string[];

  constructor(patterns: readonly string[]) {
    this.#exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
    const beginnings = patterns
      .filter((pattern) => pattern.endsWith('*'))
      .map((pattern) => pattern.slice(0, -1));
    this.#beginnings = [...new Set([...beginnings, '/'])].toSorted((a, b) => b.length - a.length);
  }

  all(): string[] {
    return [...this.#exact, ...this.#beginnings.map((beginning) => beginning + other)];
  }

  classOf(path: string): string {
    if (this.#exact.has(path)) return path;
    return (this.#beginnings.find((beginning) => path.startsWith(beginning)) ?? '') + other;
  }
}
