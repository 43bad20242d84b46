import { JsonScanner } from '../json/index.ts';
import { parseEvent } from './event.ts';
import { repairEvent } from './repair.ts';

/**
 * How the apiserver begins each event. Inside a string its quotes would be escaped, but a client can put an object that
 * begins like this into a request body.
 */
const beginning = Buffer.from('{"kind":"Event","apiVersion":"audit.k8s.io/v1",');

/**
 * Splits a line that holds more than one write (seal-format.md §4, "Glued line"): a torn piece and the event that the
 * apiserver wrote after it, or whole events one after another.
 *
 * The last piece must be a whole event to the line's end. An object inside of an event, whatever it looks like, is
 * followed by the braces of what holds it and so is never taken for one. What is before it is only split where it is
 * whole events from the line's start on, since after a torn piece nothing tells an event from a forged one.
 *
 * @returns the pieces, which make up the line; undefined if it parses whole or must not be split. Linear in the line.
 */
export function splitGlued(line: Buffer): Buffer[] | undefined {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let end = wholeEnd(line, 0); end !== undefined && beginsAt(line, end); end = wholeEnd(line, start)) {
    if (!isEvent(line.subarray(start, end))) break;
    pieces.push(line.subarray(start, end));
    start = end;
  }
  const rest = line.subarray(start);
  if (isEvent(rest)) return start === 0 ? undefined : [...pieces, rest];
  const last = lastEvent(rest);
  return last === undefined ? undefined : [...pieces, rest.subarray(0, last), rest.subarray(last)];
}

function isEvent(bytes: Buffer): boolean {
  return parseEvent(bytes) !== undefined || repairEvent(bytes) !== undefined;
}

function beginsAt(line: Buffer, at: number): boolean {
  return line.subarray(at, at + beginning.length).equals(beginning);
}

/** The end of the object that begins at `start`, if it is whole. */
function wholeEnd(line: Buffer, start: number): number | undefined {
  const scanner = new JsonScanner();
  for (let at = start; at < line.length && !scanner.broken;) {
    at = scanner.next(line, at);
    if (scanner.closed) return at;
  }
  return undefined;
}

/**
 * The offset of the one beginning from which the line is a whole event to its end.
 *
 * Each beginning is scanned from once: a scan that breaks at a byte proves that no beginning wholly before that byte
 * leads to the end, since the scan met each of them as a value, with the same error ahead. A scan that reaches the end
 * with objects still open ends, if at all, with the last value that began at the depth it ends at.
 */
function lastEvent(line: Buffer): number | undefined {
  for (let from = line.indexOf(beginning, 1); from >= 0;) {
    const { brokenAt, lastValue } = scanFrom(line, from);
    if (brokenAt === undefined) {
      if (lastValue === undefined || !isEvent(line.subarray(lastValue))) return undefined;
      return lastValue;
    }
    from = line.indexOf(beginning, Math.max(from + 1, brokenAt - beginning.length + 1));
  }
  return undefined;
}

/** Scans from a beginning to the first error or the line's end; `lastValue` is the beginning that ends with the line. */
function scanFrom(line: Buffer, from: number): { brokenAt?: number; lastValue?: number } {
  const scanner = new JsonScanner();
  const begun = new Map<number, number>([[0, from]]);
  let next = line.indexOf(beginning, from + 1);
  for (let at = from; at < line.length;) {
    const stop = next < 0 ? line.length : next;
    at = scanner.next(line, at, stop);
    if (scanner.broken) return { brokenAt: at };
    if (at !== next) continue;
    if (scanner.atValue) begun.set(scanner.depth, next);
    next = line.indexOf(beginning, next + 1);
  }
  const lastValue = scanner.closed || scanner.afterValue ? begun.get(scanner.depth) : undefined;
  return lastValue === undefined ? {} : { lastValue };
}
