/** Part of a text, `to` exclusive. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

const longest = 320;

/** Of the local part, as it is written without quotes (RFC 5322 §3.2.3, but for what stands around addresses in URIs and shells), and UTF-8. */
const local = /[A-Za-z0-9._%+~\-\u0080-\u00ff]/;
const domain = /[A-Za-z0-9.\-\u0080-\u00ff]/;
const topLevel = /(?:^|\.)(?:[A-Za-z\u0080-\u00ff]{2,63}|xn--[A-Za-z0-9-]{1,59})$/;

/**
 * The e-mail address around the `@` at `at`, if there is one: its domain has a dot, and letters at its end, so that no image
 * (`name@sha256:…`) and no version (`module@v1.2.3`) is taken for one. At the end of a text that was cut it needs neither.
 */
export function emailAround(text: string, at: number, isCut: boolean): Part | undefined {
  let from = at;
  while (from > 0 && at - from < longest && local.test(text.charAt(from - 1))) from -= 1;
  while (from < at && '.-~%+'.includes(text.charAt(from))) from += 1;
  let to = at + 1;
  while (to < text.length && to - at < longest && domain.test(text.charAt(to))) to += 1;
  const isAtCut = isCut && to === text.length;
  while (to > at + 1 && '.-'.includes(text.charAt(to - 1))) to -= 1;
  if (from === at || (to === at + 1 && !isAtCut)) return undefined;
  const name = text.slice(at + 1, to);
  if (!isAtCut && !(name.includes('.') && topLevel.test(name))) return undefined;
  return { from, to };
}

/** All e-mail addresses of a text. */
export function emailsIn(text: string, isCut = false): Part[] {
  const parts: Part[] = [];
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const part = emailAround(text, at, isCut);
    if (part) parts.push(part);
  }
  return parts;
}
