type Container = unknown[] | Record<string, unknown>;

/**
 * The value of a text that JsonScanner has found to be one whole object, made without JSON.parse but for its strings and
 * numbers. Iterative, whatever the depth. Objects have no prototype: so V8 keeps them apart from those of JSON.parse,
 * and `__proto__` is a member like any other.
 */
export function buildObject(text: string): unknown {
  const open: Container[] = [];
  let root: unknown;
  let key: string | undefined;
  const put = (value: unknown): void => {
    const into = open.at(-1);
    if (into === undefined) root = value;
    else if (Array.isArray(into)) into.push(value);
    else into[key as string] = value;
    key = undefined;
  };
  for (let at = 0; at < text.length;) {
    const from = at++;
    const character = text[from] as string;
    if (character === '{' || character === '[') {
      const container: Container = character === '[' ? [] : (Object.create(null) as Record<string, unknown>);
      put(container);
      open.push(container);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      at = stringEnd(text, from);
      const string = JSON.parse(text.slice(from, at)) as string;
      if (key === undefined && !Array.isArray(open.at(-1))) key = string;
      else put(string);
    } else if (!' \t\n\r,:'.includes(character)) {
      while (!' \t\n\r,]}'.includes(text[at] as string)) at++;
      put(JSON.parse(text.slice(from, at)));
    }
  }
  return root;
}

/** The offset after the string that begins at `from`. */
function stringEnd(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
}
