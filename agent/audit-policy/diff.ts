import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PolicyText } from '../policy/index.ts';
import { AuditPolicy } from './evaluate.ts';
import type { AuditRequest, Written } from './evaluate.ts';
import { levels } from './kinds.ts';
import type { Level, Stage } from './kinds.ts';
import { RequestSpace } from './space.ts';
import type { IdentityClass, ObjectClass } from './space.ts';

/** What another policy does to a request. */
export interface Effect {
  /** Undefined where the level stays. */
  readonly to: Level | undefined;
  /** Level before. Where nothing is written any more it does not tell effects apart: see {@link Change.levelsBefore}. */
  readonly from: Level | undefined;
  /** Stages that are written no more, or now, of what is written before and after. */
  readonly lost: readonly Stage[];
  readonly won: readonly Stage[];
}

/** Requests to which another policy does the same. All combinations of its members are meant. */
export interface Change {
  readonly effect: Effect;
  /** In order. */
  readonly levelsBefore: readonly Level[];
  /** Less is written than before: a lower level, or a stage less. */
  readonly isWeaker: boolean;
  readonly identities: readonly IdentityClass[];
  readonly verbs: readonly string[];
  readonly objects: readonly ObjectClass[];
}

/** What another policy changes. */
export interface PolicyDiff {
  readonly space: RequestSpace;
  /** No request is in two of them. Those that take something away first. */
  readonly changes: readonly Change[];
  /** How many of `space.identities` were compared: with very many names not all are. */
  readonly identities: number;
}

/** Requests that are compared: a second of CPU. A policy of a cloud's clusters takes some 50,000. */
const requestsMax = 200_000;
/** Between two of them other work has its turn. */
const requestsPerTurn = 2000;

/** Compares two policies by what each decides on every class of requests that either can tell apart. */
export async function diffPolicies(before: PolicyText, after: PolicyText): Promise<PolicyDiff> {
  const space = new RequestSpace([before, after]);
  const [old, now] = [new AuditPolicy(before), new AuditPolicy(after)];
  const { verbs, objects } = space;
  const count = Math.max(1, Math.floor(requestsMax / (verbs.length * objects.length)));
  const identities = space.identities.slice(0, count);
  const merged = new Merged();
  let compared = 0;
  for (const [who, { identity }] of identities.entries())
    for (const [what, { object }] of objects.entries())
      for (const [how, verb] of verbs.entries()) {
        const request: AuditRequest = { identity, verb, object };
        const [a, b] = [old.writtenOf(request), now.writtenOf(request)];
        compared += 1;
        if (compared % requestsPerTurn === 0) await nextTurn();
        const effect = a === b ? undefined : effectOf(a, b);
        if (effect) merged.add({ who, what, how }, a.level, effect);
      }
  const changes = merged.all().map(({ who, what, how, effect, before: levelsBefore }): Change => ({
    effect,
    levelsBefore: levels.filter((level) => levelsBefore.has(level)),
    isWeaker: isWeaker(effect),
    identities: who.map((i) => identities[i]!),
    verbs: how.map((i) => verbs[i]!),
    objects: what.map((i) => objects[i]!),
  }));
  const weakerFirst = [...changes.filter((one) => one.isWeaker), ...changes.filter((one) => !one.isWeaker)];
  return { space, changes: weakerFirst, identities: identities.length };
}

/** Undefined if it stays as it is. */
export function effectOf(before: Written, after: Written): Effect | undefined {
  const isWritten = before.level !== 'None' && after.level !== 'None';
  const isSameLevel = before.level === after.level;
  const minus = (a: Written, b: Written) =>
    isWritten && a.stages !== b.stages ? a.stages.filter((stage) => !b.stages.includes(stage)) : none;
  const [lost, won] = [minus(before, after), minus(after, before)];
  if (isSameLevel && lost.length + won.length === 0) return undefined;
  const from = isSameLevel || after.level === 'None' ? undefined : before.level;
  return { from, to: isSameLevel ? undefined : after.level, lost, won };
}

const none: readonly Stage[] = [];

function isWeaker({ from, to, lost }: Effect): boolean {
  if (lost.length > 0) return true;
  if (to === undefined) return false;
  return from === undefined || levels.indexOf(to) < levels.indexOf(from);
}

interface Block {
  who: number[];
  what: number[];
  how: number[];
  effect: Effect;
  key: string;
  before: Set<Level>;
}

/** Joins single requests to blocks of all combinations: verbs of one object, then identities, objects, and verbs again. */
class Merged {
  readonly #verbs = new Map<string, Block>();

  add({ who, what, how }: { who: number; what: number; how: number }, before: Level, effect: Effect): void {
    const { from, to, lost, won } = effect;
    const effectKey = [from, to, lost.join('+'), won.join('+')].join(' ');
    const key = `${who}|${what}|${effectKey}`;
    const block = this.#verbs.get(key);
    if (block) {
      block.how.push(how);
      block.before.add(before);
    } else
      this.#verbs.set(key, {
        who: [who],
        what: [what],
        how: [how],
        effect,
        key: effectKey,
        before: new Set([before]),
      });
  }

  all(): Block[] {
    const ofIdentities = joined(
      this.#verbs.values(),
      'who',
      ({ what, how }) => `${what.join('+')}|${how.join('+')}`,
    );
    const ofObjects = joined(ofIdentities, 'what', ({ who, how }) => `${who.join('+')}|${how.join('+')}`);
    return joined(ofObjects, 'how', ({ who, what }) => `${who.join('+')}|${what.join('+')}`);
  }
}

function joined(
  blocks: Iterable<Block>,
  by: 'who' | 'what' | 'how',
  keyOf: (block: Block) => string,
): Block[] {
  const groups = Map.groupBy(blocks, (block) => `${keyOf(block)}|${block.key}`);
  return [...groups.values()].map((group) => ({
    ...group[0]!,
    [by]: group.flatMap((block) => block[by]).toSorted((a, b) => a - b),
    before: new Set(group.flatMap(({ before }) => [...before])),
  }));
}
