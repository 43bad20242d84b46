import { builtInRules, firing } from '../detect/index.ts';
import type { Rule } from '../detect/index.ts';
import type { PolicyText } from '../policy/index.ts';
import { elasticNeeds, meets } from './elastic-rules.ts';
import { AuditPolicy } from './evaluate.ts';
import type { Identity } from './evaluate.ts';
import { kindText, knownKinds, levels, resourceVerbs, stages } from './kinds.ts';
import type { Kind, Level, Stage } from './kinds.ts';
import { other, RequestSpace } from './space.ts';

/** What of rules a policy lets fire. */
export interface Blindness {
  /** Ids or names of rules that can never fire, each with what they would need. */
  readonly never: readonly BlindRule[];
  /** Rules that find some of the kinds of requests which they are for, and others not. */
  readonly partly: readonly BlindRule[];
  readonly count: number;
}

export interface BlindRule {
  readonly id: string;
  /** `pods/exec: get, create at level Request`: what the policy would have to write. */
  readonly needs: string;
}

/** Everybody who is no exception of a policy by his own name. */
const everybody: readonly Identity[] = [
  { user: 'somebody', groups: ['system:authenticated'] },
  {
    user: 'system:serviceaccount:default:somebody',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  },
  { user: 'system:node:somebody', groups: ['system:nodes', 'system:authenticated'] },
  { user: 'system:anonymous', groups: ['system:unauthenticated'] },
];

/** A kind of request, and all that a policy writes of some request of it. */
interface Seen {
  readonly kind: Kind;
  readonly verb: string;
  /** By level, the stages. */
  readonly written: ReadonlyMap<Level, ReadonlySet<Stage>>;
}

/** Which of the built-in rules, or of others of ours, a policy blinds. */
export function blindRules(policy: PolicyText, rules: readonly Rule[] = builtInRules()): Blindness {
  const mayFire = firing(rules);
  const asked = ({ kind, verb }: Seen, level: Level, stage: Stage) =>
    mayFire({
      verb,
      level,
      stage,
      resource: kind.resource,
      subresource: kind.subresource,
      apiGroup: kind.group,
    });
  const whole = wholes.get(rules) ?? ableBy(everything, asked);
  wholes.set(rules, whole);
  const seen = ableBy(seenUnder(policy), asked);
  return blindnessOf(
    rules.map(({ text }) => text.id),
    rules.filter(({ after }) => after !== undefined).map(({ text }) => text.id),
    whole,
    seen,
  );
}

function askedOfElastic(seen: Seen, level: Level, stage: Stage): { when: Named; after: Named } {
  const able = elasticNeeds.filter((needs) => meets(needs, { ...seen, level, stage }));
  return { when: able.map(({ rule }) => ({ text: { id: rule } })), after: [] };
}

/** Which of Elastic's 51 prebuilt rules a policy blinds. */
export function blindElasticRules(policy: PolicyText): Blindness {
  const names = elasticNeeds.map(({ rule }) => rule);
  const whole = wholes.get(elasticNeeds) ?? ableBy(everything, askedOfElastic);
  wholes.set(elasticNeeds, whole);
  return blindnessOf(names, [], whole, ableBy(seenUnder(policy), askedOfElastic));
}

/** What rules can find where all is written: for each set of rules the same. */
const wholes = new WeakMap<object, Able>();

type Named = readonly { readonly text: { readonly id: string } }[];
type Asked = (seen: Seen, level: Level, stage: Stage) => { when: Named; after: Named };

/** By rule, the requests that it can fire for, and the levels at which it can. */
interface Able {
  readonly when: Map<string, Requests>;
  readonly after: Map<string, Requests>;
}

type Requests = Map<string, Set<Level>>;

function ableBy(all: readonly Seen[], asked: Asked): Able {
  const able: Able = { when: new Map(), after: new Map() };
  for (const seen of all) {
    const key = `${nameOf(seen.kind)}|${seen.verb}`;
    for (const [level, of] of seen.written)
      for (const stage of of) {
        const { when, after } = asked(seen, level, stage);
        for (const { text } of when) note(able.when, text.id, key, level);
        for (const { text } of after) note(able.after, text.id, key, level);
      }
  }
  return able;
}

function note(able: Able['when'], id: string, key: string, level: Level): void {
  const of: Requests = able.get(id) ?? new Map<string, Set<Level>>();
  able.set(id, of);
  of.set(key, (of.get(key) ?? new Set<Level>()).add(level));
}

function blindnessOf(
  ids: readonly string[],
  sequences: readonly string[],
  whole: Able,
  seen: Able,
): Blindness {
  const never: BlindRule[] = [];
  const partly: BlindRule[] = [];
  for (const id of ids) {
    const [possible, actual] = [whole.when.get(id), seen.when.get(id)];
    // It is about nothing that Kubernetes comes with: what it needs is not known.
    if (possible === undefined) continue;
    const isBroken = sequences.includes(id) && whole.after.has(id) && !seen.after.has(id);
    const missing = [...possible].filter(([key]) => !actual?.has(key));
    if (isBroken) never.push({ id, needs: needsText([...whole.after.get(id)!]) });
    else if (actual === undefined) never.push({ id, needs: needsText([...possible]) });
    else if (missing.length > 0) partly.push({ id, needs: needsText(missing) });
  }
  return { never, partly, count: ids.length };
}

/** Kinds and verbs in a sentence. */
const namedMax = 4;

function needsText(asked: readonly (readonly [string, ReadonlySet<Level>])[]): string {
  const kinds = Map.groupBy(asked, ([key]) => key.split('|', 1)[0]!);
  const texts = [...kinds].map(([kind, of]) => ({ kind, verbs: of.map(([key]) => key.split('|')[1]!) }));
  const alike = Map.groupBy(texts, ({ verbs }) =>
    verbs.length === resourceVerbs.length ? 'all verbs' : verbs.join(', '),
  );
  const parts = [...alike].map(([verbs, list]) => {
    const names = list.map(({ kind }) => kind);
    const more = names.length - namedMax;
    const named = more > 1 ? `${names.slice(0, namedMax).join(', ')} and ${more} more` : names.join(', ');
    return `${named} (${verbs})`;
  });
  const shown = parts.slice(0, namedMax).join('; ');
  const more = parts.length > namedMax ? `; and ${parts.length - namedMax} more` : '';
  return `${shown}${more} at ${levelText(new Set(asked.flatMap(([, of]) => [...of])))}`;
}

function levelText(able: ReadonlySet<Level>): string {
  const least = levels.find((level) => able.has(level)) ?? 'Metadata';
  if (least === 'RequestResponse') return least;
  return able.has('RequestResponse') ? `${least} or more` : `${least}, and no other level`;
}

function nameOf(kind: Kind): string {
  return kind === noKind ? 'paths that are no resources' : kindText(kind);
}

/** Paths. */
const noKind: Kind = { group: '', resource: '', subresource: '' };

const everything: readonly Seen[] = requests().map(({ kind, verb }) => ({
  kind,
  verb,
  written: new Map(levels.filter((level) => level !== 'None').map((level) => [level, new Set(stages)])),
}));

function requests(): { kind: Kind; verb: string }[] {
  return [...knownKinds, noKind].flatMap((kind) => resourceVerbs.map((verb) => ({ kind, verb })));
}

function seenUnder(text: PolicyText): Seen[] {
  const policy = new AuditPolicy(text);
  const { objects } = new RequestSpace([text]);
  return requests().map(({ kind, verb }) => {
    const written = new Map<Level, Set<Stage>>();
    for (const { object } of objects) {
      if ('path' in object ? kind !== noKind : !isSame(object.kind, kind)) continue;
      for (const identity of everybody) {
        const { level, stages: of } = policy.writtenOf({ identity, verb, object });
        const known = written.get(level) ?? new Set<Stage>();
        written.set(level, known);
        for (const stage of of) known.add(stage);
      }
    }
    return { kind, verb, written };
  });
}

function isSame(a: Kind, b: Kind): boolean {
  return (
    a.resource === b.resource &&
    a.group === b.group &&
    a.subresource === b.subresource &&
    a.resource !== other
  );
}
