import { printable } from '../../json/index.ts';

/** Markup of ours. Whatever is put into it is text, unless it is such itself. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Content = Html | string | number | undefined | readonly Content[];

/** A template whose values are text: clients choose names, and none becomes markup, nor an attribute of ours. */
export function markup(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(parts.map((part, at) => part + (at < values.length ? markupOf(values[at]) : '')).join(''));
}

function markupOf(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'object') return content.map(markupOf).join('');
  return escaped(typeof content === 'number' ? content.toLocaleString('en-US') : content);
}

/** What acts on the page or on the direction of what follows is written as `\uXXXX`. */
function escaped(text: string): string {
  return printable(text).replaceAll(/[&<>"'`]/gu, (character) => `&#${character.codePointAt(0)};`);
}

/** Text of several lines, whose breaks stay. */
export function lines(text: string): Html {
  return new Html(text.split('\n').map(escaped).join('\n'));
}

/** Of a name that is shown. The JSON has more of it. */
const nameCharsMax = 200;

/** A name that somebody else chose: cut, and its direction is its own. */
export function named(text: string): Html {
  const shown =
    text.length <= nameCharsMax
      ? text
      : `${text.slice(0, nameCharsMax).toWellFormed()}… (${text.length.toLocaleString('en-US')} characters)`;
  return markup`<bdi>${shown}</bdi>`;
}

/** An RFC 3339 time as people read it, with the zone. */
export function time(rfc3339: string): Html {
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime())) return named(rfc3339);
  const text = at.toISOString();
  return markup`<time datetime="${text}">${text.slice(0, 10)} ${text.slice(11, 19)}</time>`;
}
