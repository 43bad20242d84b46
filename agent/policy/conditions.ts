import { Conditions } from '../cel/index.ts';
import type { Attributes, ResourceAttributes } from './attributes.ts';
import { takesAway } from './schema.ts';
import type { RuleText } from './schema.ts';
import { SourceNetworks } from './source-networks.ts';

/** One condition of a rule. */
export interface RuleCondition {
  /** As a policy writes it, as `users`. */
  readonly name: string;
  /** Members of an event that it reads, by path: `event.user.username`. */
  readonly reads: readonly string[];
  readonly holds: (request: Attributes) => boolean;
}

const user = ['event.user.username'];
const groups = ['event.user.groups'];
const objectRef = ['event.objectRef'];
const status = ['event.responseStatus'];

/** Shared by all rules: the environment takes longer to make than a condition to compile. */
const cel = new Conditions();

/**
 * The conditions of a rule, those that are told fastest first. Matching is that of the apiserver
 * (k8s.io/apiserver/pkg/audit/policy/checker.go, v0.37), then our extensions; an empty list asks for nothing.
 */
export function conditionsOf(rule: RuleText): RuleCondition[] {
  const takes = takesAway(rule);
  const drops = rule.level === 'None' || rule.sample !== undefined;
  // The apiserver evaluates its policy before it impersonates; we see both. A rule that drops a component's noise must
  // not drop what the component, or a thief of its credentials, did in the name of another.
  const impersonated = rule.impersonated ?? (drops ? false : undefined);
  return [
    ...one('well-formed', ['event'], drops && ((request) => request.wellFormed)),
    ...one(
      'impersonated',
      ['event.impersonatedUser'],
      impersonated !== undefined && ((request) => request.impersonated === impersonated),
    ),
    ...one('own', [...user, ...groups, 'event.verb', ...objectRef], rule.own && ((request) => request.own)),
    ...texts('users', user, rule.users, (request) => request.user),
    ...texts('verbs', ['event.verb'], rule.verbs, (request) => request.verb),
    ...texts('stages', ['event.stage'], rule.stages, (request) => request.stage),
    ...groupsOf(rule),
    ...codesOf(rule),
    ...texts(
      'outcomes',
      [...status, 'event.annotations', 'event.stage'],
      rule.outcomes,
      ({ outcome }) => outcome,
    ),
    ...one(
      'userAgents',
      ['event.userAgent'],
      rule.userAgents.length > 0 && ((request) => matchesOne(rule.userAgents, request.userAgent)),
    ),
    ...networksOf(rule),
    ...texts('namespaces', objectRef, rule.namespaces, ({ resource }) => resource?.namespace),
    ...resourcesOf(rule),
    ...one(
      'nonResourceURLs',
      ['event.requestURI', ...objectRef],
      rule.nonResourceURLs.length > 0 && ((request) => matchesOne(rule.nonResourceURLs, request.path)),
    ),
    ...whenOf(rule, takes),
  ];
}

type Holds = RuleCondition['holds'];

function one(name: string, reads: readonly string[], holds: Holds | false | undefined): RuleCondition[] {
  return holds ? [{ name, reads, holds }] : [];
}

function texts(
  name: string,
  reads: readonly string[],
  values: readonly string[],
  of: (request: Attributes) => string | undefined,
): RuleCondition[] {
  const set: ReadonlySet<string | undefined> = new Set(values);
  return one(name, reads, values.length > 0 && ((request) => set.has(of(request))));
}

function groupsOf({ userGroups }: RuleText): RuleCondition[] {
  const set: ReadonlySet<unknown> = new Set(userGroups);
  return one('userGroups', groups, userGroups.length > 0 && ((request) => hasAny(set, request.groups)));
}

function hasAny(set: ReadonlySet<unknown>, values: readonly unknown[]): boolean {
  for (const value of values) if (set.has(value)) return true;
  return false;
}

function codesOf({ codes }: RuleText): RuleCondition[] {
  const set: ReadonlySet<number | string> = new Set(codes);
  return one('codes', status, codes.length > 0 && (({ code }) => hasCode(set, code)));
}

/** A Failure without a code may have been one of either class. */
function hasCode(codes: ReadonlySet<number | string>, code: Attributes['code']): boolean {
  if (code === undefined) return false;
  if (code === 'failed') return codes.has('4xx') || codes.has('5xx');
  return codes.has(code) || (typeof code === 'number' && codes.has(`${Math.floor(code / 100)}xx`));
}

function networksOf({ sourceNetworks }: RuleText): RuleCondition[] {
  if (sourceNetworks.length === 0) return [];
  const networks = new SourceNetworks(sourceNetworks);
  return one('sourceNetworks', ['event.sourceIPs'], (request) => networks.has(request.sourceAddress));
}

function resourcesOf({ resources }: RuleText): RuleCondition[] {
  const matchers = resources.map((item) => new GroupMatcher(item));
  return one(
    'resources',
    objectRef,
    resources.length > 0 &&
      (({ resource }) => {
        if (resource === undefined) return false;
        for (const matcher of matchers) if (matcher.matches(resource)) return true;
        return false;
      }),
  );
}

/**
 * What a condition asks for that is not there does not hold. Where it cannot be told otherwise (a member of another type
 * than the apiserver writes, a body that was too long to be held), it is decided for the event: a rule that takes something
 * away does not match, and one that keeps the event whole does.
 */
function whenOf({ when }: RuleText, takes: boolean): RuleCondition[] {
  if (when === undefined) return [];
  const condition = cel.compile(when);
  return one('when', condition.reads, (request) => {
    const outcome = condition.evaluate(request.values());
    if (typeof outcome === 'boolean') return outcome;
    return outcome.code !== 'no_such_key' && !takes;
  });
}

/** One item of `resources`: `pods`, `pods/log`, `pods/*` (all subresources of pods), `*` + `/scale`, or `*`. */
class GroupMatcher {
  readonly #group: string;
  readonly #resources: ReadonlySet<string>;
  readonly #names: ReadonlySet<string | undefined>;
  readonly #all: boolean;
  /** What stands before `/*`. */
  readonly #allOf: ReadonlySet<string>;
  /** What stands after `*` + `/`. */
  readonly #anyWith: ReadonlySet<string>;

  constructor({ group, resources, resourceNames }: RuleText['resources'][number]) {
    this.#group = group;
    this.#resources = new Set(resources);
    this.#names = new Set(resourceNames);
    this.#all = resources.includes('*');
    this.#allOf = new Set(resources.filter((text) => text.endsWith('/*')).map((text) => text.slice(0, -2)));
    this.#anyWith = new Set(resources.filter((text) => text.startsWith('*/')).map((text) => text.slice(2)));
  }

  matches({ group, resource, subresource, name }: ResourceAttributes): boolean {
    // Since v0.36; up to v0.35 a group `*` matches nothing.
    if (group !== this.#group && this.#group !== '*') return false;
    if (this.#resources.size === 0) return true;
    if (resource === undefined || subresource === undefined) return false;
    if (this.#names.size > 0 && !this.#names.has(name)) return false;
    if (this.#all) return true;
    // As checker.go has it, `pods/*` is asked for pods itself, too.
    if (this.#allOf.has(resource)) return true;
    if (subresource === '') return this.#resources.has(resource);
    return this.#anyWith.has(subresource) || this.#resources.has(`${resource}/${subresource}`);
  }
}

/** True if one of the patterns is the text, or ends with `*` and the text begins with what stands before it. */
function matchesOne(patterns: readonly string[], text: string | undefined): boolean {
  if (text === undefined) return false;
  for (const pattern of patterns) {
    if (pattern === text) return true;
    if (pattern.endsWith('*') && text.startsWith(pattern.slice(0, -1))) return true;
  }
  return false;
}
