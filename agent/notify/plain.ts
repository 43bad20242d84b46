/**
 * What clients choose may stand in it: controls that end a line, format characters that turn the reading direction or are not seen
 * (Unicode's Cc, Cf, Zl, Zp), halves of characters. They become U+FFFD, so that a name is neither taken for another nor for a line of ours.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A text as one line of at most `unitsMax` UTF-16 units, cut at a whole character. */
export function plain(text: string, unitsMax: number): string {
  const cut = text.length <= unitsMax ? text : `${text.slice(0, unitsMax - cutMark.length)}${cutMark}`;
  return cut.replaceAll(unprintable, '\uFFFD');
}

const cutMark = ' (cut)';

/**
 * A text in which no chat that it is passed on to finds a command: what calls people (`<!channel>`, `<@U1>`, `@here`), and a link in
 * Markdown that shows another place than it leads to, gets a character that is not seen. All else stays as it is.
 */
export function neutral(text: string): string {
  return text
    .replaceAll(/<(?=[!@#/a-z])/giu, '<\u200B')
    .replaceAll(/@(?=(?:channel|here|all|everyone)\b)/giu, '@\u200B')
    .replaceAll('](', ']\u200B(');
}
