import type { Change, Effect, PolicyDiff } from './diff.ts';
import { kindText, knownKinds, resourceVerbs } from './kinds.ts';
import type { Kind } from './kinds.ts';
import { other } from './space.ts';
import type { IdentityClass, ObjectClass } from './space.ts';

/** Of a list in a sentence. */
const namedMax = 6;

/** What a policy changes, a sentence each: `secrets are no longer logged (Metadata before)`. */
export function wordsOf(diff: PolicyDiff): string[] {
  const left = diff.space.identities.length - diff.identities;
  return [
    ...diff.changes.map((change) => sentence(change, diff)),
    ...(left > 0 ? [`not compared: ${left} users and groups that the policies name`] : []),
  ];
}

function sentence(change: Change, { space, identities }: PolicyDiff): string {
  const { effect, levelsBefore } = change;
  const { from, to } = effect;
  const what = objectsText(change.objects, space.objects);
  const scope = `${verbsText(change.verbs, space.verbs)}${identitiesText(change.identities, space.identities.slice(0, identities))}`;
  if (to === 'None') return `${what} are no longer logged${scope} (${listed(levelsBefore)} before)`;
  if (from === 'None') return `${what} are now logged at ${to}${scope}`;
  const ofStages = stagesText(effect);
  if (to === undefined) return `${ofStages.join(', ')}, of ${what}${scope}`;
  return [`level of ${what} went from ${from} to ${to}${scope}`, ...ofStages].join('; ');
}

function stagesText({ lost, won }: Effect): string[] {
  return [
    ...(lost.length > 0 ? [`stage ${lost.join(' and ')} is no longer written`] : []),
    ...(won.length > 0 ? [`stage ${won.join(' and ')} is now written`] : []),
  ];
}

function objectsText(objects: readonly ObjectClass[], all: readonly ObjectClass[]): string {
  if (objects.length === all.length) return 'all requests';
  const [kinds, paths] = [kindsText(objects, all), pathsText(objects, all)];
  const texts = [...kinds, ...paths];
  const more = texts.length - namedMax;
  return more > 1
    ? `${texts.slice(0, namedMax).join(', ')} and ${more} more kinds`
    : (new Intl.ListFormat('en').format(texts) ?? '');
}

function resourcesOf(objects: readonly ObjectClass[]): { kind: Kind; namespace: string; name: string }[] {
  return objects.flatMap(({ object }) => ('path' in object ? [] : [object]));
}

function kindsText(objects: readonly ObjectClass[], all: readonly ObjectClass[]): string[] {
  const changed = resourcesOf(objects);
  const there = resourcesOf(all);
  if (changed.length === there.length) return ['all resources'];
  const groups = Map.groupBy(changed, ({ kind }) => kindText(kind));
  const wholes = Map.groupBy(there, ({ kind }) => kindText(kind));
  // What is said of an object is said of its other subresources, too.
  const isSaid = ({ kind }: { kind: Kind }) =>
    kind.subresource === other && groups.has(kindText({ ...kind, subresource: '' }));
  const texts = [...groups]
    .filter(([, items]) => !isSaid(items[0]!))
    .toSorted(([a], [b]) => rankOf(a) - rankOf(b))
    .map(([text, items]) => {
      const whole = wholes.get(text)!;
      const places = items.length === whole.length ? '' : placesText(items, whole);
      return { name: kindName(items[0]!.kind), places };
    });
  const places = texts[0]?.places ?? '';
  if (groups.size === wholes.size && texts.every((one) => one.places === places))
    return [`all resources${places}`];
  return texts.map((one) => `${one.name}${one.places}`);
}

const ranks: ReadonlyMap<string, number> = new Map(knownKinds.map((kind, rank) => [kindText(kind), rank]));

function rankOf(text: string): number {
  return ranks.get(text) ?? knownKinds.length;
}

/** Where, if it is not everywhere: by namespaces whole, or by names in them. */
function placesText(items: readonly Place[], whole: readonly Place[]): string {
  const namesOfAll = new Set(whole.map(({ name }) => name)).size;
  const byNamespace = Map.groupBy(items, ({ namespace }) => namespace);
  const namespaces = [...new Set(whole.map(({ namespace }) => namespace))];
  const names = [...byNamespace.values()].map((places) => places.map(({ name }) => name));
  const isAlike = names.every((list) => list.join('/') === names[0]!.join('/'));
  if (!isAlike)
    return ` (${[...byNamespace].map(([namespace, places]) => `${namespaceText([namespace], namespaces)}${nameText(places, namesOfAll)}`.trim()).join('; ')})`;
  return `${nameText([...byNamespace.values()][0]!, namesOfAll)}${namespaceText([...byNamespace.keys()], namespaces)}`;
}

type Place = { readonly namespace: string; readonly name: string };

function nameText(places: readonly Place[], count: number): string {
  if (places.length === count) return '';
  const named = places.map(({ name }) => name).filter((name) => name !== other);
  if (named.length === places.length) return ` named ${listed(named)}`;
  return named.length === 0 ? ' of other names' : ` named ${listed(named)} or otherwise`;
}

function namespaceText(changed: readonly string[], all: readonly string[]): string {
  if (changed.length === all.length) return '';
  if (!changed.includes(other)) return ` in ${listed(changed.map((name) => name || 'no namespace'))}`;
  return ` outside of ${listed(all.filter((name) => !changed.includes(name)).map((name) => name || 'no namespace'))}`;
}

function kindName({ group, resource, subresource }: Kind): string {
  const of = subresource === other ? 'other subresources of ' : '';
  const sub = subresource === other || subresource === '' ? '' : `/${subresource}`;
  if (group === other) return `${of}resources of other API groups${sub}`;
  if (resource !== other) return of + kindText({ group, resource, subresource: sub.slice(1) });
  return `${of}other resources of ${group === '' ? 'the core group' : group}${sub}`;
}

function pathsIn(objects: readonly ObjectClass[]): string[] {
  return objects.flatMap(({ object }) => ('path' in object ? [object.path] : []));
}

function pathsText(objects: readonly ObjectClass[], all: readonly ObjectClass[]): string[] {
  const [changed, there] = [pathsIn(objects), pathsIn(all)];
  if (changed.length === there.length && there.length > 0) return ['all paths that are no resources'];
  return changed.map((path) => (path === `/${other}` ? 'other paths' : path.replace(other, '*')));
}

function verbsText(changed: readonly string[], all: readonly string[]): string {
  if (changed.length === all.length) return '';
  const known = changed.filter((verb) => verb !== other);
  if (resourceVerbs.every((verb) => changed.includes(verb)) && changed.includes(other))
    return ` for all verbs but ${listed(all.filter((verb) => !changed.includes(verb)))}`;
  if (!changed.includes(other)) return ` for ${listed(known)}`;
  const without = all.filter((verb) => !changed.includes(verb));
  return without.length < known.length
    ? ` for all verbs but ${listed(without)}`
    : ` for ${listed([...known, 'other verbs'])}`;
}

function identitiesText(changed: readonly IdentityClass[], all: readonly IdentityClass[]): string {
  if (changed.length === all.length) return '';
  const left = all.filter((one) => !changed.includes(one));
  const isOfMost = changed.some(({ identity }) => identity.user === other && identity.groups.length === 1);
  return isOfMost && left.length <= changed.length
    ? `, by all but ${listed(left.map(({ text }) => text))}`
    : `, by ${listed(changed.map(({ text }) => text))}`;
}

function listed(texts: readonly string[]): string {
  const more = texts.length - namedMax;
  if (more > 1) return `${texts.slice(0, namedMax).join(', ')} and ${more} more`;
  return new Intl.ListFormat('en').format(texts);
}
