import { keyOf, members, scanArray } from '../json/index.ts';
import { parseEvent, parseKindless } from './event.ts';

/** What a list has beside its items says nothing of a request: a list that has more is none that we know. */
const known: ReadonlySet<string> = new Set(['kind', 'apiVersion', 'metadata', 'items']);

/**
 * The events of a line that is a whole EventList of `audit.k8s.io`, as an apiserver's webhook sends it. It never throws.
 *
 * @returns undefined if the line is none, or if not all of its items are events
 */
export function eventsInList(line: Buffer): Buffer[] | undefined {
  const values = valuesOf(line);
  const items = values?.get('items');
  if (!values || !items || values.get('kind')?.toString() !== listKind) return undefined;
  if (values.get('apiVersion')?.toString().startsWith('"audit.k8s.io/') !== true) return undefined;
  const events: Buffer[] = [];
  const isArray = scanArray(items, (start, end) => void events.push(items.subarray(start, end)));
  return isArray && events.length > 0 && events.every(isEvent) ? events : undefined;
}

const listKind = '"EventList"';

function isEvent(item: Buffer): boolean {
  return parseEvent(item) !== undefined || parseKindless(item) !== undefined;
}

/** Undefined of a line that is no object, has a member that is not known, or one twice. */
function valuesOf(line: Buffer): ReadonlyMap<string, Buffer> | undefined {
  if (!line.includes(listKind)) return undefined;
  const values = new Map<string, Buffer>();
  try {
    for (const member of members(line)) {
      const key = keyOf(line, member);
      if (!known.has(key) || values.has(key)) return undefined;
      values.set(key, line.subarray(member.valueStart, member.valueEnd));
    }
  } catch {
    return undefined;
  }
  return values;
}
