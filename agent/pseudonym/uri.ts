import { partOf, unquoted } from '../redact/index.ts';
import type { Decoded } from '../redact/index.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { replacementOf } from './replacement.ts';
import type { Replacement } from './replacement.ts';
import {
  addressReplacements,
  emailReplacements,
  ownNameReplacements,
  quotedNameReplacements,
} from './scan.ts';

/** Resources whose objects are named after persons (OpenShift's user API, and what impersonation is authorized as). */
export const personResources: ReadonlySet<string> = new Set(['users', 'identities', 'useridentitymappings']);

/**
 * What a request's URI says of persons. In its path the names of other objects stay: they are in `objectRef`, too, and rules
 * read both.
 */
export function replacementsInUri(
  uri: Decoded,
  ownNames: readonly string[],
  pseudonyms: Pseudonyms,
): Replacement[] {
  const { text } = uri;
  const mark = text.indexOf('?');
  const pathEnd = mark < 0 ? text.length : mark;
  const found: Replacement[] = [];
  let before = '';
  for (let from = 0; from <= pathEnd;) {
    const slash = text.indexOf('/', from);
    const to = slash < 0 || slash > pathEnd ? pathEnd : slash;
    const written = partOf(uri, from, to);
    const segment = unquoted(written);
    const name = personResources.has(before) ? pseudonyms.name(segment.text) : undefined;
    if (name) found.push(replacementOf(segment, name));
    else found.push(...shapesIn(written, segment, pseudonyms));
    before = segment.text;
    from = to + 1;
  }
  for (let from = pathEnd + 1; from <= text.length;) {
    const ampersand = text.indexOf('&', from);
    const to = ampersand < 0 ? text.length : ampersand;
    const written = partOf(uri, from, to);
    const parameter = unquoted(written);
    found.push(
      ...shapesIn(written, parameter, pseudonyms),
      ...quotedNameReplacements(parameter, pseudonyms),
      ...ownNameReplacements(parameter, ownNames, pseudonyms),
    );
    from = to + 1;
  }
  return found;
}

/** As written, too: a plus may be one, and stand for a space. */
function shapesIn(written: Decoded, plain: Decoded, pseudonyms: Pseudonyms): Replacement[] {
  const both = plain === written ? [plain] : [written, plain];
  return [
    ...both.flatMap((one) => emailReplacements(one, pseudonyms)),
    ...addressReplacements(plain, pseudonyms),
  ];
}
