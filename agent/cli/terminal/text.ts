import { printable } from '../../json/index.ts';

/** Two columns on a terminal (a rough cut of UAX #11): CJK scripts, full-width forms, pictures. */
const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303F\uFF00-\uFF60\p{Emoji_Presentation}]/u;

const segmenter = new Intl.Segmenter();

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  if (/^[\u0020-\u007E]*$/u.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function padLeft(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

/** At most `width` columns, the last an ellipsis if something is cut. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cut = '';
  let used = 1;
  for (const { segment } of segmenter.segment(text)) {
    used += wide.test(segment) ? 2 : 1;
    if (used > width) break;
    cut += segment;
  }
  return `${cut}…`;
}

/**
 * What went wrong, as it may be shown. Much of it is what a server answered, or what stands in a file: of several lines only
 * the first begins at the margin, so that none passes for a line of ours.
 */
export function printableError(text: string): string {
  return text
    .split('\n')
    .map(printable)
    .join('\n')
    .replaceAll(/\n(?! )/gu, '\n  ');
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A URL as it may be shown: without credentials and query. */
export function withoutSecrets(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
