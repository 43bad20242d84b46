import type { Attributes, ResourceAttributes } from './attributes.ts';
import type { Decision } from './decision.ts';
import { Sample } from './sample.ts';
import { sampleName } from './schema.ts';
import type { RuleText } from './schema.ts';
import { SourceNetworks } from './source-networks.ts';

type Texts = ReadonlySet<string> | undefined;

const actions = { None: 'drop', Metadata: 'metadata', Request: 'request', RequestResponse: 'keep' } as const;

/**
 * One rule, made ready to be asked 60,000 times a second. Matching is that of the apiserver
 * (k8s.io/apiserver/pkg/audit/policy/checker.go, v0.37), then our extensions; an empty list asks for nothing.
 */
export class Rule {
  readonly decision: Decision;
  /** The decision for a stage that is omitted. */
  readonly omitted: Decision;
  readonly omitStages: ReadonlySet<string>;
  /** The decision for what is not in the sample; undefined for a rule that takes all. */
  readonly sampledOut: Decision | undefined;
  readonly #users: Texts;
  readonly #groups: Texts;
  readonly #verbs: Texts;
  readonly #namespaces: Texts;
  readonly #resources: readonly GroupMatcher[];
  readonly #urls: readonly string[];
  readonly #stages: Texts;
  readonly #codes: ReadonlySet<number | string> | undefined;
  readonly #impersonated: boolean | undefined;
  readonly #own: boolean;
  readonly #userAgents: readonly string[];
  readonly #networks: SourceNetworks | undefined;
  readonly #sample: Sample | undefined;
  readonly #drops: boolean;

  constructor(rule: RuleText, name: string, omitStages: readonly string[]) {
    this.decision = { action: actions[rule.level], rule: name };
    this.omitted = { action: 'drop', rule: name };
    this.omitStages = new Set([...omitStages, ...rule.omitStages]);
    this.#users = setOf(rule.users);
    this.#groups = setOf(rule.userGroups);
    this.#verbs = setOf(rule.verbs);
    this.#namespaces = setOf(rule.namespaces);
    this.#resources = rule.resources.map((resources) => new GroupMatcher(resources));
    this.#urls = rule.nonResourceURLs;
    this.#stages = setOf(rule.stages);
    this.#codes = rule.codes.length === 0 ? undefined : new Set(rule.codes);
    this.#userAgents = rule.userAgents;
    this.#networks = rule.sourceNetworks.length === 0 ? undefined : new SourceNetworks(rule.sourceNetworks);
    if (rule.sample !== undefined) {
      this.#sample = new Sample(rule.sample);
      this.sampledOut = { action: 'drop', rule: sampleName(name, rule.sample) };
    }
    this.#drops = rule.level === 'None' || rule.sample !== undefined;
    this.#own = rule.own ?? false;
    // The apiserver evaluates its policy before it impersonates; we see both. A rule that drops a component's noise must
    // not drop what the component, or a thief of its credentials, did in the name of another.
    this.#impersonated = rule.impersonated ?? (this.#drops ? false : undefined);
  }

  /** What becomes of a request that matches. */
  decisionOf({ wellFormed, stage, receivedAt }: Attributes): Decision {
    if (wellFormed && this.omitStages.has(stage as string)) return this.omitted;
    if (this.sampledOut !== undefined && !this.#sample!.has(receivedAt)) return this.sampledOut;
    return this.decision;
  }

  matches(request: Attributes): boolean {
    if (this.#drops && !request.wellFormed) return false;
    if (this.#impersonated !== undefined && this.#impersonated !== request.impersonated) return false;
    if (this.#own && !request.own) return false;
    if (
      !has(this.#users, request.user) ||
      !has(this.#verbs, request.verb) ||
      !has(this.#stages, request.stage)
    )
      return false;
    if (this.#groups !== undefined && !hasAny(this.#groups, request.groups)) return false;
    if (this.#codes !== undefined && !hasCode(this.#codes, request.code)) return false;
    if (this.#userAgents.length > 0 && !matchesOne(this.#userAgents, request.userAgent)) return false;
    if (this.#networks !== undefined && !this.#networks.has(request.sourceAddress)) return false;
    if (this.#namespaces !== undefined || this.#resources.length > 0)
      return this.#matchesResource(request.resource);
    return this.#urls.length === 0 || matchesOne(this.#urls, request.path);
  }

  #matchesResource(resource: ResourceAttributes | undefined): boolean {
    if (resource === undefined || !has(this.#namespaces, resource.namespace)) return false;
    if (this.#resources.length === 0) return true;
    for (const group of this.#resources) if (group.matches(resource)) return true;
    return false;
  }
}

/** One item of `resources`: `pods`, `pods/log`, `pods/*` (all subresources of pods), `*` + `/scale`, or `*`. */
class GroupMatcher {
  readonly #group: string;
  readonly #resources: Texts;
  readonly #names: Texts;
  readonly #all: boolean;
  /** What stands before `/*`. */
  readonly #allOf: ReadonlySet<string>;
  /** What stands after `*` + `/`. */
  readonly #anyWith: ReadonlySet<string>;

  constructor({ group, resources, resourceNames }: RuleText['resources'][number]) {
    this.#group = group;
    this.#resources = setOf(resources);
    this.#names = setOf(resourceNames);
    this.#all = resources.includes('*');
    this.#allOf = new Set(resources.filter((text) => text.endsWith('/*')).map((text) => text.slice(0, -2)));
    this.#anyWith = new Set(resources.filter((text) => text.startsWith('*/')).map((text) => text.slice(2)));
  }

  matches({ group, resource, subresource, name }: ResourceAttributes): boolean {
    // Since v0.36; up to v0.35 a group `*` matches nothing.
    if (group !== this.#group && this.#group !== '*') return false;
    if (this.#resources === undefined) return true;
    if (resource === undefined || subresource === undefined || !has(this.#names, name)) return false;
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

function setOf(texts: readonly string[]): Texts {
  return texts.length === 0 ? undefined : new Set(texts);
}

function has(texts: Texts, text: string | undefined): boolean {
  return texts === undefined || (text !== undefined && texts.has(text));
}

function hasAny(texts: ReadonlySet<string>, values: readonly unknown[]): boolean {
  for (const value of values) if (typeof value === 'string' && texts.has(value)) return true;
  return false;
}

function hasCode(codes: ReadonlySet<number | string>, code: number | 'none' | undefined): boolean {
  if (code === undefined) return false;
  if (codes.has(code)) return true;
  return typeof code === 'number' && codes.has(`${Math.floor(code / 100)}xx`);
}
