import { assignmentsIn, isValue } from './assignments.ts';
import { partOf, unquoted } from './decoded.ts';
import type { Decoded } from './decoded.ts';
import { literalsIn } from './literals.ts';
import { builtInNames } from './names.ts';
import type { SecretNames } from './names.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';

/** Resources whose objects are named by the token itself (OpenShift's oauth-server). */
export const tokenResources: ReadonlySet<string> = new Set([
  'oauthaccesstokens',
  'oauthauthorizetokens',
  'useroauthaccesstokens',
]);

/**
 * Secrets in a request's URI: values of parameters with a secret-like name, of flags in the arguments of `exec`, known
 * formats. What else a command says stays, since detection rules read it.
 */
export function secretsInUri(uri: Decoded, names: SecretNames = builtInNames): Span[] {
  const { text } = uri;
  const mark = text.indexOf('?');
  const pathEnd = mark < 0 ? text.length : mark;
  const path = unquoted(partOf(uri, 0, pathEnd));
  const spans = [...tokenNamesIn(partOf(uri, 0, pathEnd)), ...literalsIn(path)];
  // What is proxied may have parameters of its own there: `;token=`, an encoded question mark or fragment.
  if (path.text.includes('=')) spans.push(...assignmentsIn(path));
  let before: string | undefined;
  for (let from = pathEnd + 1; from <= text.length;) {
    const found = text.indexOf('&', from);
    const to = found < 0 ? text.length : found;
    const { name, value } = parameterOf(uri, from, to);
    spans.push(...secretsInParameter(name, value, before, names));
    before = name === 'command' ? value.text : undefined;
    from = to + 1;
  }
  return spans;
}

function parameterOf(uri: Decoded, from: number, to: number): { name: string; value: Decoded } {
  const equals = uri.text.indexOf('=', from);
  const end = equals < 0 || equals > to ? to : equals;
  const name = unquoted(partOf(uri, from, end)).text;
  return { name, value: unquoted(partOf(uri, Math.min(end + 1, to), to)) };
}

function secretsInParameter(
  name: string,
  value: Decoded,
  before: string | undefined,
  names: SecretNames,
): Span[] {
  if (value.text === '') return [];
  const rule = names.ruleOf(name, 'argument');
  if (rule !== undefined && isValue(value.text))
    return [{ ...spanOf(value, 0, value.text.length, rule), name }];
  return secretsInArgument(value, before, names);
}

/** Secrets in one argument of a command; `before` is the one before it. */
export function secretsInArgument(
  argument: Decoded,
  before: string | undefined,
  names: SecretNames = builtInNames,
): Span[] {
  const { text } = argument;
  const rule = before?.startsWith('-') ? names.ruleOf(before, 'argument') : undefined;
  if (rule !== undefined && isValue(text))
    return [{ ...spanOf(argument, 0, text.length, rule), name: before ?? '' }];
  const spans = [...assignmentsIn(argument, false, names), ...literalsIn(argument)];
  // curl -u user:password
  const colon = before === '-u' || before === '--user' ? text.indexOf(':') : -1;
  if (colon >= 0 && colon + 1 < text.length) spans.push(spanOf(argument, colon + 1, text.length, 'argument'));
  return spans;
}

function tokenNamesIn(path: Decoded): Span[] {
  const parts = path.text.split('/');
  const at = parts.findIndex((part) => tokenResources.has(part));
  const name = parts[at + 1];
  if (at < 0 || name === undefined || name === '') return [];
  const from = parts.slice(0, at + 1).join('/').length + 1;
  return [spanOf(path, from, from + name.length, 'oauth-token')];
}
