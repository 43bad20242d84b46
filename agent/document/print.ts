/**
 * JSON as seal-format.md §4 writes it, without members that are undefined: of strings only `"`, `\` and U+0000 to U+001F
 * are escaped. A lone surrogate, which an escape in the audit log can name and UTF-8 cannot express, becomes U+FFFD;
 * the event's own bytes keep it. JSON.stringify does all of this but the last: it writes `\ud800`.
 */
export function print(value: object | string): string {
  const text = JSON.stringify(value);
  return text.includes('\\ud') ? JSON.stringify(value, wellFormed) : text;
}

function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

/** The members of an object, printed, with a comma after each: what is printed once is put together like this. */
export function printMembers(value: object): string {
  const text = print(value);
  return text === '{}' ? '' : `${text.slice(1, -1)},`;
}

/**
 * `"name":{members},`, or nothing without members, which are as `printMembers` prints them. In two parts where they come from
 * two places: a comma is cut off what was put together only after V8 has copied it.
 */
export function memberOf(name: string, members: string, more = ''): string {
  if (more !== '') return `"${name}":{${members}${more.slice(0, -1)}},`;
  return members === '' ? '' : `"${name}":{${members.slice(0, -1)}},`;
}
