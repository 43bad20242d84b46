/**
 * RFC 8259 as a table: `transitions[state << 8 | byte]` is the next state, or an action from `openObject` on for the
 * bytes that change the nesting or end a key. One lookup a byte, whatever the text.
 */
export const transitions = new Uint8Array(64 << 8);

export const broken = 0;
export const start = 1;
export const value = 2;
export const valueOrEnd = 3;
export const key = 4;
export const keyOrEnd = 5;
export const colon = 6;
export const after = 7;
export const done = 8;
/** Inside of a string that is a value, and of one that is a key. */
export const text = 9;
export const keyText = 15;
const minus = 21;
const zero = 22;
const integer = 23;
const point = 24;
const fraction = 25;
const exponent = 26;
const exponentSign = 27;
const exponentDigits = 28;
const literals = 29;

export const openObject = 64;
export const openArray = 65;
export const closeObject = 66;
export const closeArray = 67;
export const separate = 68;
export const keyBegin = 69;
export const keyEnd = 70;

const space = ' \t\n\r';
const digits = '0123456789';
const hex = '0123456789abcdefABCDEF';

function on(from: number, bytes: string, to: number): void {
  for (const byte of Buffer.from(bytes, 'latin1')) transitions[(from << 8) | byte] = to;
}

/** A string's states: content, after a backslash, and before each of the four digits of \u. */
function string(content: number, end: number): void {
  transitions.fill(content, (content << 8) | 0x20, (content + 1) << 8);
  on(content, '"', end);
  on(content, '\\', content + 1);
  on(content + 1, '"\\/bfnrt', content);
  on(content + 1, 'u', content + 2);
  for (let left = 2; left <= 5; left++) on(content + left, hex, left === 5 ? content : content + left + 1);
}

/** What may follow a value; a number ends only where one of these comes. */
function ending(from: number): void {
  on(from, space, after);
  on(from, ',', separate);
  on(from, '}', closeObject);
  on(from, ']', closeArray);
}

function beginning(from: number): void {
  on(from, space, from);
  on(from, '"', text);
  on(from, '{', openObject);
  on(from, '[', openArray);
  on(from, '-', minus);
  on(from, '0', zero);
  on(from, '123456789', integer);
  let next = literals;
  for (const word of ['true', 'false', 'null']) {
    on(from, word.charAt(0), next);
    for (const letter of word.slice(1, -1)) on(next, letter, ++next);
    on(next++, word.slice(-1), after);
  }
}

on(start, space, start);
on(start, '{', openObject);
beginning(value);
beginning(valueOrEnd);
on(valueOrEnd, space, valueOrEnd);
on(valueOrEnd, ']', closeArray);
for (const from of [key, keyOrEnd]) {
  on(from, space, from);
  on(from, '"', keyBegin);
}
on(keyOrEnd, '}', closeObject);
on(colon, space, colon);
on(colon, ':', value);
ending(after);
on(done, space, done);
string(text, after);
string(keyText, keyEnd);

for (const from of [zero, integer, fraction, exponentDigits]) ending(from);
on(minus, '0', zero);
on(minus, '123456789', integer);
on(integer, digits, integer);
on(zero, '.', point);
on(integer, '.', point);
on(point, digits, fraction);
on(fraction, digits, fraction);
for (const from of [zero, integer, fraction]) on(from, 'eE', exponent);
on(exponent, '+-', exponentSign);
for (const from of [exponent, exponentSign, exponentDigits]) on(from, digits, exponentDigits);
