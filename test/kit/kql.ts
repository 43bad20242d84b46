/**
 * Kibana's query language as far as our dashboards use it (`field: value`, lists, wildcards, `*`, comparisons, `and`, `or`, `not`,
 * parentheses), made into Elasticsearch's, as Kibana's `@kbn/es-query` makes it.
 */
export function kqlToDsl(expression: string): Dsl {
  if (expression.trim() === '') return { match_all: {} };
  const tokens = tokensOf(expression);
  const parser = new Parser(tokens, expression);
  return parser.whole();
}

export type Dsl = Record<string, unknown>;

interface Token {
  kind: 'word' | 'text' | '(' | ')' | ':' | '>=' | '<=' | '>' | '<';
  /** Unescaped; of a word, an escaped asterisk cannot be told from one that is not: none of ours has one. */
  value: string;
}

const pattern =
  /\s+|(?<sign>[():]|>=|<=|>|<)|"(?<text>(?:[^"\\]|\\.)*)"|(?<word>(?:\\.|[^\s():<>="\\])+)|(?<bad>.)/gu;

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  for (const { groups = {} } of expression.matchAll(pattern)) {
    const { sign, text, word, bad } = groups;
    if (bad !== undefined) throw new Error(`KQL that this test does not know, at ${bad}: ${expression}`);
    if (sign !== undefined) tokens.push({ kind: sign as Token['kind'], value: sign });
    if (text !== undefined) tokens.push({ kind: 'text', value: unescaped(text) });
    if (word !== undefined) tokens.push({ kind: 'word', value: unescaped(word) });
  }
  return tokens;
}

const unescaped = (text: string) => text.replaceAll(/\\(.)/gu, '$1');

class Parser {
  readonly #tokens: readonly Token[];
  readonly #expression: string;
  #at = 0;

  constructor(tokens: readonly Token[], expression: string) {
    this.#tokens = tokens;
    this.#expression = expression;
  }

  whole(): Dsl {
    const found = this.#or();
    if (this.#at < this.#tokens.length) throw this.#unexpected();
    return found;
  }

  #or(): Dsl {
    const parts = [this.#and()];
    while (this.#takeWord('or')) parts.push(this.#and());
    return parts.length === 1 ? parts[0]! : { bool: { should: parts, minimum_should_match: 1 } };
  }

  #and(): Dsl {
    const parts = [this.#not()];
    while (this.#takeWord('and')) parts.push(this.#not());
    return parts.length === 1 ? parts[0]! : { bool: { filter: parts } };
  }

  #not(): Dsl {
    if (this.#takeWord('not')) return { bool: { must_not: this.#not() } };
    if (!this.#take('(')) return this.#comparison();
    const inner = this.#or();
    this.#expect(')');
    return inner;
  }

  #comparison(): Dsl {
    const field = this.#expect('word').value;
    for (const [sign, name] of [
      ['>=', 'gte'],
      ['<=', 'lte'],
      ['>', 'gt'],
      ['<', 'lt'],
    ] as const)
      if (this.#take(sign))
        return { range: { [field]: { [name]: (this.#take('text') ?? this.#expect('word')).value } } };
    this.#expect(':');
    if (!this.#take('(')) return this.#value(field);
    const parts = [this.#value(field)];
    while (this.#takeWord('or')) parts.push(this.#value(field));
    this.#expect(')');
    return { bool: { should: parts, minimum_should_match: 1 } };
  }

  #value(field: string): Dsl {
    const text = this.#take('text');
    if (text) return { match_phrase: { [field]: text.value } };
    const { value } = this.#expect('word');
    if (value === '*') return { exists: { field } };
    // On a keyword; what our fields are where they are compared with wildcards.
    if (value.includes('*')) return { wildcard: { [field]: { value } } };
    return { match: { [field]: value } };
  }

  #take(kind: Token['kind']): Token | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind) return undefined;
    this.#at += 1;
    return token;
  }

  #takeWord(word: 'and' | 'or' | 'not'): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word' || token.value !== word) return false;
    this.#at += 1;
    return true;
  }

  #expect(kind: Token['kind']): Token {
    const token = this.#take(kind);
    if (!token) throw this.#unexpected();
    return token;
  }

  #unexpected(): Error {
    return new Error(`KQL that this test does not know, at token ${this.#at}: ${this.#expression}`);
  }
}

/** The names of the fields that an expression compares. */
export function fieldsOf(expression: string): string[] {
  const tokens = tokensOf(expression);
  return tokens.flatMap(({ kind, value }, at) =>
    kind === 'word' && [':', '>=', '<=', '>', '<'].includes(tokens[at + 1]?.kind ?? '') ? [value] : [],
  );
}
