import { placesOf } from './json-places.ts';
import type { Place } from './json-places.ts';
import type { Random } from './random.ts';

/** A change to a JSON text: what kind it is, and where. */
export interface Edit {
  text: string;
  kind: string;
  path: string;
}

const numbers = [
  '0',
  '1',
  '-1',
  '1.5',
  '9007199254740991',
  '9007199254740992',
  '1e999',
  '-0',
  '12345678901234567890',
];
const others = ['null', 'true', 'false', '{}', '[]', '""', '"x"', '0', '[1]', '{"a":1}', '"\\ud800"'];

type Operation = (text: string, place: Place, random: Random, all: readonly Place[]) => string | undefined;

const operations: Record<string, Operation> = {
  'change a value': (text, place, random) => put(text, place, changed(valueOf(text, place), random)),
  'change a type': (text, place, random) => put(text, place, random.pick(others)),
  'respell a value': (text, place, random) => put(text, place, respelled(valueOf(text, place), random)),
  'delete a member': (text, place) => without(text, place),
  'repeat a member': (text, place, random) => {
    const copy = text.slice(place.start, place.end);
    const value = random.chance(50) ? copy : put(copy, shifted(place), changed(valueOf(text, place), random));
    return random.chance(50)
      ? `${text.slice(0, place.end)},${value}${text.slice(place.end)}`
      : `${text.slice(0, place.start)}${value},${text.slice(place.start)}`;
  },
  'add a member': (text, place) =>
    place.keyEnd === 0
      ? undefined
      : `${text.slice(0, place.end)},"added":{"by":["nobody"]}${text.slice(place.end)}`,
  'reorder two members': (text, place, random, all) => {
    const siblings = all.filter(({ within, start }) => within === place.within && start !== place.start);
    if (siblings.length === 0) return undefined;
    const other = random.pick(siblings);
    const [a, b] = other.start < place.start ? [other, place] : [place, other];
    return (
      text.slice(0, a.start) +
      text.slice(b.start, b.end) +
      text.slice(a.end, b.start) +
      text.slice(a.start, a.end) +
      text.slice(b.end)
    );
  },
  'white space': (text, place, random) => {
    const at = random.pick([place.start, place.valueStart, place.end]);
    return text.slice(0, at) + random.pick([' ', '\n', '\t', '\r\n']) + text.slice(at);
  },
  'rename a member': (text, place, random) => {
    if (place.keyEnd === 0) return undefined;
    const key = text.slice(place.keyStart + 1, place.keyEnd - 1);
    const name = random.pick([
      key.toUpperCase(),
      `${key}x`,
      '',
      `\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}`,
    ]);
    return `${text.slice(0, place.keyStart)}"${name}"${text.slice(place.keyEnd)}`;
  },
  'move a value': (text, place, random, all) => {
    const other = random.pick(all);
    return put(text, place, valueOf(text, other));
  },
};

/** One random change to a JSON text; undefined where the change that was drawn cannot be made. */
export function editJson(text: string, random: Random, wanted?: (path: string) => boolean): Edit | undefined {
  const all = placesOf(text);
  const places = wanted ? all.filter(({ path }) => wanted(path)) : all;
  if (places.length === 0) return undefined;
  const place = random.pick(places);
  const kind = random.pick(Object.keys(operations));
  const edited = operations[kind]!(text, place, random, all);
  return edited === undefined || edited === text ? undefined : { text: edited, kind, path: place.path };
}

/** One random change to the bytes of a text, whatever they mean. */
export function editBytes(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length);
  const edited = Buffer.from(bytes);
  const kind = random.below(4);
  if (kind === 0) edited[at]! ^= 1 << random.below(8);
  else if (kind === 1) edited[at] = random.below(256);
  else if (kind === 2) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  else return Buffer.concat([bytes.subarray(0, at), Buffer.of(random.below(256)), bytes.subarray(at)]);
  return edited;
}

function valueOf(text: string, place: Place): string {
  return text.slice(place.valueStart, place.end);
}

function put(text: string, place: Place, value: string | undefined): string | undefined {
  return value === undefined ? undefined : text.slice(0, place.valueStart) + value + text.slice(place.end);
}

function without(text: string, place: Place): string {
  const before = text.slice(0, place.start).replace(/,\s*$/u, '');
  const after = text.slice(place.end);
  return before.length < place.start ? before + after : before + after.replace(/^\s*,\s*/u, '');
}

function shifted(place: Place): Place {
  return { ...place, start: 0, end: place.end - place.start, valueStart: place.valueStart - place.start };
}

/** Another value of the same type. */
function changed(value: string, random: Random): string | undefined {
  if (value.startsWith('"')) return changedString(value, random);
  if (value === 'true') return 'false';
  if (value === 'false') return 'true';
  if (value === 'null') return undefined;
  if (value.startsWith('{') || value.startsWith('[')) {
    const places = placesOf(value).filter(({ within }) => within === 0);
    if (places.length === 0) return value.startsWith('{') ? '{"x":1}' : '[{"x":1}]';
    return without(value, random.pick(places));
  }
  const number = Number(value);
  return random.pick([String(number + 1), String(number - 1), String(number * 2), ...numbers]);
}

function changedString(value: string, random: Random): string {
  const inner = JSON.parse(value) as string;
  const at = inner.length === 0 ? 0 : random.below(inner.length);
  const other = random.pick(['x', '0', '9', 'A', '/', '+', '=', ' ', 'é', '\n', '\u0001', '\\', '"']);
  const edited = random.pick([
    inner.slice(0, at) + other + inner.slice(at + 1),
    inner.slice(0, at) + other + inner.slice(at),
    inner.slice(0, at) + inner.slice(at + 1),
    inner.slice(0, at),
    '',
  ]);
  return JSON.stringify(edited);
}

/** The same value in other bytes. */
function respelled(value: string, random: Random): string | undefined {
  if (/^-?\d+$/u.test(value)) return random.pick([`${value}.0`, `${value}e0`, `${value}0e-1`, `${value}E+0`]);
  if (!value.startsWith('"') || value.length < 3) return undefined;
  const at = 1 + random.below(value.length - 2);
  const character = value[at]!;
  if (character === '\\' || value[at - 1] === '\\' || /\\u[0-9a-f]{0,3}$/iu.test(value.slice(0, at)))
    return undefined;
  const escaped =
    character === '/' && random.chance(50)
      ? '\\/'
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return value.slice(0, at) + escaped + value.slice(at + 1);
}
