/** What a user writes for a name: a name as it is, or a pattern of which `*` is any text and `?` any character; `\` before one makes it a character like others. */
export type NamePattern =
  | { readonly kind: 'name'; readonly name: string }
  /** `wildcard` is for Elasticsearch's query of that name, which has the same two characters and the same escape. */
  | { readonly kind: 'pattern'; readonly wildcard: string };

const token = /\\[*?\\]|[\s\S]/gu;

export function parseNamePattern(text: string): NamePattern {
  const tokens = [...text.matchAll(token)].map(([one]) => one);
  if (!tokens.some((one) => one === '*' || one === '?'))
    return {
      kind: 'name',
      name: tokens.map((one) => (one.length > 1 && one.startsWith('\\') ? one.slice(1) : one)).join(''),
    };
  return { kind: 'pattern', wildcard: tokens.map((one) => (one === '\\' ? '\\\\' : one)).join('') };
}

/** For a wildcard query: the text, and nothing else. */
export function literal(text: string): string {
  return text.replaceAll(/[*?\\]/gu, String.raw`\$&`);
}
