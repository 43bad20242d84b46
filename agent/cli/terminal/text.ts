import stringWidth from 'string-width';
import { printable } from '../../json/index.ts';

const segmenter = new Intl.Segmenter();

/** The text with spaces behind it, to `width` columns of a terminal. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

/** The text with spaces before it, to `width` columns of a terminal. */
export function padLeft(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - stringWidth(text))) + text;
}

/** At most `width` columns of a terminal, the last an ellipsis if something is cut. */
export function fit(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let cut = '';
  let used = 1;
  for (const { segment } of segmenter.segment(text)) {
    used += stringWidth(segment);
    if (used > width) break;
    cut += segment;
  }
  return `${cut}…`;
}

/**
 * An error message as it may be shown. Servers and files have written much of it: all lines but the first are indented, so that
 * none passes for a line of ours.
 */
export function printableError(text: string): string {
  return text
    .split('\n')
    .map(printable)
    .join('\n')
    .replaceAll(/\n(?! )/gu, '\n  ');
}

/** A number with commas. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Bytes as megabytes (10⁶). */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A URL as it may be shown: without credentials and query. */
export function withoutSecrets(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

/** A text in lines of at most `width` columns, broken at spaces; a longer word has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || stringWidth(last) + 1 + stringWidth(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
