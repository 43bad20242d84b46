/** A member of an object, or an element of an array, at any depth of a JSON text; offsets into the text, ends exclusive. */
export interface Place {
  /** Keys from the outside in; of an element of an array its position. */
  path: string;
  /** Of the whole: key and value, or the element. */
  start: number;
  end: number;
  /** Of the key with its quotes; both 0 for elements. */
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  /** Which object or array it is in: the offset of its bracket. */
  within: number;
}

/** All places of a JSON text, which must be valid. */
export function placesOf(text: string): Place[] {
  const places: Place[] = [];
  let at = 0;
  const space = () => {
    while (' \t\r\n'.includes(text[at] ?? 'x')) at += 1;
  };
  const string = () => {
    for (at += 1; text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1;
    at += 1;
  };
  const value = (path: string) => {
    space();
    const first = text[at];
    if (first === '"') string();
    else if (first === '{' || first === '[') {
      const within = at;
      at += 1;
      space();
      for (let i = 0; text[at] !== '}' && text[at] !== ']'; i += 1) {
        const start = at;
        let [keyStart, keyEnd, key] = [0, 0, String(i)];
        if (first === '{') {
          keyStart = at;
          string();
          keyEnd = at;
          key = JSON.parse(text.slice(keyStart, keyEnd)) as string;
          space();
          at += 1;
          space();
        }
        const valueStart = at;
        const inner = path === '' ? key : `${path}.${key}`;
        value(inner);
        places.push({ path: inner, start, end: at, keyStart, keyEnd, valueStart, within });
        space();
        if (text[at] === ',') at += 1;
        space();
      }
      at += 1;
    } else while (at < text.length && !',]} \t\r\n'.includes(text[at]!)) at += 1;
  };
  value('');
  return places;
}
