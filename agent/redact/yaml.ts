import { endOfRun, spaces, startOfRun, unitsOf } from './units.ts';

/** What may stand before a key in its line: spaces and the dashes of items. */
const indentation = unitsOf(' ', '-');
const dash = 0x2d;

/** From `from` on, exclusive of `to`. */
export interface Range {
  from: number;
  to: number;
}

/** Where a line ends, without its newline. */
export function endOfLine(text: string, from: number): number {
  const found = text.indexOf('\n', from);
  return found < 0 ? text.length : found;
}

/** The column of a key that is the first of its line but for quotes; undefined where something else is before it. */
export function columnOf(text: string, key: number): number | undefined {
  let end = key;
  while (end > 0 && (text[end - 1] === '"' || text[end - 1] === "'")) end -= 1;
  const start = startOfRun(text, end, indentation);
  return start === 0 || text[start - 1] === '\n' ? end - start : undefined;
}

/**
 * The lines below a key that are its value: deeper than it, or items at its own column.
 *
 * @param at in the key's line
 * @param column of the key
 * @param lengthMax how much of it is looked at, at most
 */
export function blockBelow(
  text: string,
  at: number,
  column: number,
  lengthMax = Infinity,
): Range | undefined {
  const start = endOfLine(text, at) + 1;
  let end = start;
  for (let from = start; from < Math.min(text.length, start + lengthMax);) {
    const first = endOfRun(text, from, spaces);
    const next = endOfLine(text, first);
    const depth = first - from;
    const isItem = text.charCodeAt(first) === dash && text[first + 1] === ' ';
    if (first < next && depth <= column && !(isItem && depth === column)) break;
    if (first < next) end = next;
    from = next + 1;
  }
  return end > start ? { from: endOfRun(text, start, spaces), to: end } : undefined;
}

/** Whether what is below a key's line begins with keys and values, whose own names decide. */
export function isMappingBelow(text: string, at: number): boolean {
  const first = endOfRun(text, endOfLine(text, at) + 1, indentation);
  const line = text.slice(first, first + 256).split('\n', 1)[0] as string;
  return line.endsWith(':') || line.includes(': ');
}

/** Whether `|`, `>-`, `|2` and the like (YAML 1.2 §8.1), or nothing, is behind a key: what the value is stands below. */
export function isAbove(text: string, from: number): boolean {
  let at = endOfRun(text, from, spaces);
  if (text[at] === '|' || text[at] === '>') at = endOfRun(text, at + 1, blockHeader);
  at = endOfRun(text, at, lineEnd);
  return at === text.length || text[at] === '\n' || text[at] === '#';
}

const blockHeader = unitsOf('+-', '0-9');
const lineEnd = unitsOf(' \t\r');
