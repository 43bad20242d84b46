import {
  CST,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  parseDocument,
} from 'yaml';
import { messageOf } from '../error.ts';
import { InputError } from './error.ts';

/** Configurations and policies nest six levels deep. */
const depthMax = 50;
/** The library compares each key of a mapping with all others: 20,000 keys take 20 seconds. */
const keysMax = 1000;
/** Each alias is resolved by a walk through the document. */
const aliasesMax = 100;
/** Values that aliases stand for, all in all: aliases of aliases multiply. */
const aliasedMax = 1000;

/** What the lexer puts before each scalar, whose text may begin as an alias does. */
const scalarMark = '\u001F';

/**
 * The value of a text in YAML 1.2. A text whose structure would cost much time, memory or stack is refused before a value is made
 * of it, and a key that is there twice or a tag that is unknown is an error. Throws InputError `not-yaml` and `too-large`.
 */
export function parseYaml(text: string): unknown {
  checkStructure(text);
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true, strict: true });
  const [problem] = [...document.errors, ...document.warnings];
  // After the first line comes an excerpt of the text.
  if (problem) throw notYaml(problem.message.split('\n', 1)[0]!.replace(/:$/u, ''), problem);
  try {
    return document.toJS({ maxAliasCount: aliasedMax }) as unknown;
  } catch (cause) {
    if (messageOf(cause).startsWith('Excessive alias count'))
      throw new InputError('too-large', 'has aliases that multiply: write out what they stand for', {
        cause,
      });
    throw notYaml(messageOf(cause), cause);
  }
}

/**
 * The line, from 1, of what has this path in a text that `parseYaml` takes: of its key, or of its item in a list. Of what is not
 * there it is the line of what it would be in; undefined if there is nothing.
 */
export function lineInYaml(text: string, path: readonly PropertyKey[]): number | undefined {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0];
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
      if (pair === undefined) break;
      offset = isScalar(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
    } else break;
  }
  return offset === undefined ? undefined : lineCounter.linePos(offset).line;
}

function notYaml(why: string, cause: unknown): InputError {
  return new InputError('not-yaml', `is not YAML: ${why}`, { cause });
}

/** Follows the parser through the text, token by token, and keeps nothing. */
function checkStructure(text: string): void {
  const parser = new Parser();
  let aliases = 0;
  let isAfterMark = false;
  for (const token of new Lexer().lex(text)) {
    if (!isAfterMark && CST.tokenType(token) === 'alias') aliases += 1;
    isAfterMark = token === scalarMark;
    // Finished documents are not of interest.
    for (const _ of parser.next(token));
    const top = parser.stack.at(-1);
    // The first of the stack is the document.
    if (parser.stack.length > depthMax + 1) throw tooMany(`nests more than ${depthMax} levels deep`);
    if (keysOf(top) > keysMax) throw tooMany(`has more than ${keysMax} keys in one mapping`);
    if (aliases > aliasesMax) throw tooMany(`has more than ${aliasesMax} aliases`);
  }
}

function keysOf(token: CST.Token | undefined): number {
  const isMapping =
    token?.type === 'block-map' || (token?.type === 'flow-collection' && token.start.source === '{');
  return isMapping ? token.items.length : 0;
}

function tooMany(what: string): InputError {
  return new InputError('too-large', `${what}, which none of its kind has`);
}
