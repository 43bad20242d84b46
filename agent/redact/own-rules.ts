import { RE2JS } from 're2js';
import type { Decoded } from './decoded.ts';
import { Keywords } from './keywords.ts';
import { builtInNames, SecretNames } from './names.ts';
import { PathPatterns } from './path-patterns.ts';
import type { PathState } from './path-patterns.ts';
import type { ExceptionText, OwnRuleText } from './schema.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';

/** What of the configuration's rules and exceptions applies to an event. */
export interface OwnRules {
  /** Which names are those of secrets. */
  readonly names: SecretNames;
  readonly paths: PathPatterns;
  /** Rules that look at each string, whatever it is called. */
  readonly unnamed: readonly Conditions[];
  readonly named: ReadonlyMap<string, Conditions>;
  readonly exceptions: readonly Conditions[];
  /** What one of them needs in a line. */
  readonly gate: { isIn: (bytes: Uint8Array) => boolean };
  /** Whether there are any. */
  readonly isEmpty: boolean;
}

/** All that are given must hold. */
interface Conditions {
  readonly rules: ReadonlySet<string> | undefined;
  /** Indices in the patterns of paths. */
  readonly paths: readonly number[] | undefined;
  readonly names: SecretNames | undefined;
  readonly pattern: RE2JS | undefined;
}

/** More matches in one string are not looked for one by one: each search may go to its end. */
const matchesMax = 64;
const resourcesMax = 1024;
const runMin = 3;

/** Rules and exceptions of the configuration, by the resource of the event's object. */
export class OwnRuleSet {
  readonly #rules: readonly OwnRuleText[];
  readonly #exceptions: readonly ExceptionText[];
  readonly #known = new Map<string, OwnRules>();

  constructor(rules: readonly OwnRuleText[], exceptions: readonly ExceptionText[]) {
    this.#rules = rules;
    this.#exceptions = exceptions;
  }

  /** @param resource undefined for what is no event, to which no rule for a resource or a path applies */
  for(resource: string | undefined, group: string | undefined): OwnRules {
    if (this.#rules.length + this.#exceptions.length === 0) return noOwnRules;
    const key = `${resource}.${group}`;
    let found = this.#known.get(key);
    if (found === undefined) {
      found = this.#made(resource, group);
      // A client may ask for resources without end.
      if (this.#known.size >= resourcesMax) this.#known.clear();
      this.#known.set(key, found);
    }
    return found;
  }

  #made(resource: string | undefined, group: string | undefined): OwnRules {
    const applies = ({ resources, paths }: OwnRuleText | ExceptionText) =>
      resource === undefined
        ? resources === undefined && paths === undefined
        : matchesResource(resources, resource, group);
    const rules = this.#rules.filter(applies);
    const exceptions = this.#exceptions.filter(applies);
    if (rules.length + exceptions.length === 0) return noOwnRules;
    const paths: string[] = [];
    const conditionsOf = (one: OwnRuleText | ExceptionText): Conditions => ({
      rules: 'rules' in one && one.rules ? new Set(one.rules) : undefined,
      paths: one.paths?.map((path) => paths.push(path) - 1),
      names: one.names && new SecretNames([{ rule: 'own', names: one.names }], false),
      pattern: one.pattern === undefined ? undefined : RE2JS.compile(one.pattern),
    });
    const named = rules.filter((one) => one.names !== undefined);
    const made = {
      names: new SecretNames(named.map(({ name, names = [] }) => ({ rule: name, names }))),
      named: new Map(named.map((one) => [one.name, conditionsOf(one)])),
      unnamed: rules
        .filter((one) => one.names === undefined)
        .map((one) => ({ ...conditionsOf(one), rules: new Set([one.name]) })),
      exceptions: exceptions.map(conditionsOf),
      isEmpty: false,
      gate: gateOf(rules),
    };
    return { ...made, paths: new PathPatterns(paths) };
  }
}

export const noOwnRules: OwnRules = {
  names: builtInNames,
  paths: new PathPatterns([]),
  unnamed: [],
  named: new Map(),
  exceptions: [],
  gate: { isIn: () => false },
  isEmpty: true,
};

/** A rule without names looks at every line of its resources; one with names needs the longest run of letters of one. */
function gateOf(rules: readonly OwnRuleText[]): OwnRules['gate'] {
  const runs = rules.flatMap(({ names }) => (names ?? ['']).map(longestLetters));
  if (runs.some((run) => run.length < runMin)) return { isIn: () => true };
  return runs.length === 0 ? { isIn: () => false } : new Keywords(runs);
}

/** Letters may be written as escapes, which every line is looked at for; other units are not relied on. */
function longestLetters(name: string): string {
  const runs = name.toLowerCase().split(/[^a-z]/);
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

/** Whether one of the resources is that of an event's object; without any all are. */
export function matchesResource(
  resources: readonly string[] | undefined,
  resource: string,
  group: string | undefined,
): boolean {
  if (resources === undefined) return true;
  const behind = group === undefined ? '' : `.${group}`;
  return resources.some((one) => one === `${resource}${behind}` || one === `*${behind}`);
}

/** What the rules without names take out of a string. */
export function unnamedIn(text: Decoded, own: OwnRules, path: PathState | undefined): Span[] {
  return own.unnamed.flatMap(({ rules, paths, pattern }) => {
    if (!isAt(own, paths, path)) return [];
    const [rule] = rules as ReadonlySet<string>;
    if (pattern === undefined) return [spanOf(text, 0, text.text.length, rule as string)];
    return rangesOf(pattern, text.text).map(([from, to]) => spanOf(text, from, to, rule as string));
  });
}

/** What a rule with names and more leaves of what they name; undefined where nothing. */
export function narrowed(span: Span, own: OwnRules): Span | undefined {
  const rule = own.named.get(span.rule);
  if (rule === undefined) return span;
  if (!isAt(own, rule.paths, span.path)) return undefined;
  return rule.pattern === undefined || rangesOf(rule.pattern, span.value).length > 0 ? span : undefined;
}

/** Whether an exception says that a value is no secret. */
export function isExcepted(span: Span, own: OwnRules): boolean {
  return own.exceptions.some(
    ({ rules, paths, names, pattern }) =>
      (rules === undefined || rules.has(span.rule)) &&
      isAt(own, paths, span.path) &&
      (names === undefined || (span.name !== undefined && names.ruleOf(span.name, '') !== undefined)) &&
      (pattern === undefined || isWhole(pattern, span.value)),
  );
}

function isAt(own: OwnRules, paths: readonly number[] | undefined, path: PathState | undefined): boolean {
  if (paths === undefined) return true;
  return path !== undefined && paths.some((pattern) => own.paths.matches(path, pattern));
}

/** Where a pattern, or its group, matches; a text is one byte a unit, as RE2JS reads UTF-8. */
function rangesOf(pattern: RE2JS, text: string): [from: number, to: number][] {
  const matcher = pattern.matcher(Buffer.from(text, 'latin1'));
  const group = pattern.groupCount();
  const ranges: [number, number][] = [];
  while (matcher.find()) {
    const isGiven = group > 0 && matcher.start(group) >= 0;
    ranges.push(isGiven ? [matcher.start(group), matcher.end(group)] : [matcher.start(), matcher.end()]);
    if (ranges.length > matchesMax) return [...ranges.slice(0, -1), [matcher.start(), text.length]];
  }
  return ranges;
}

function isWhole(pattern: RE2JS, text: string): boolean {
  return pattern.matcher(Buffer.from(text, 'latin1')).matches();
}
