/** Entries of a cache before it begins anew: clients choose some of the keys. */
const entriesMax = 1024;

/**
 * JSON.stringify is twice as fast on an object whose strings lie in memory as one piece, which parts of other strings and
 * concatenations do not. Both come back here from a cache, as one piece.
 */
function flat(text: string): string {
  return Buffer.from(text).toString();
}

const joins = new Map<string, Map<string, string>>();
let joinsCount = 0;

/** `left/right`. */
export function joined(left: string, right: string): string {
  let known = joins.get(left);
  const text = known?.get(right);
  if (text !== undefined) return text;
  if (joinsCount >= entriesMax) {
    joins.clear();
    joinsCount = 0;
    known = undefined;
  }
  if (known === undefined) joins.set(left, (known = new Map()));
  const made = flat(`${left}/${right}`);
  known.set(right, made);
  joinsCount += 1;
  return made;
}

/** What `part` finds in a text, each text asked for once. */
export function remembered(part: (text: string) => string | undefined): (text: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found;
    if (known.size >= entriesMax) known.clear();
    const made = part(text);
    const result = made === undefined ? undefined : flat(made);
    known.set(text, result);
    return result;
  };
}
