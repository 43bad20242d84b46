import { JsonScanner, parseJson } from '../json/index.ts';
import { InputError } from './error.ts';

/** Trust files nest three levels deep. */
const depthMax = 50;

/**
 * The object that a text is in JSON. A text that nests deep is refused before a value is made of it: V8 is not safe with some
 * of them (see `parseJson`). Throws InputError `not-json`, with the place of the first error, and `too-large`.
 */
export function parseJsonObject(text: string): unknown {
  const bytes = Buffer.from(text);
  const scanner = new JsonScanner();
  let at = 0;
  while (at < bytes.length && !scanner.broken && scanner.deepest <= depthMax) at = scanner.next(bytes, at);
  if (scanner.deepest > depthMax)
    throw new InputError('too-large', `nests more than ${depthMax} levels deep, which none of its kind does`);
  const value = scanner.closed ? parseJson(bytes) : undefined;
  if (value === undefined)
    throw new InputError('not-json', `is not a JSON object: see ${placeOf(bytes.subarray(0, at))}`);
  return value;
}

function placeOf(before: Buffer): string {
  const lines = before.toString('utf8').split('\n');
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}
