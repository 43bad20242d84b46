import { all, any, audit, matches } from './dsl.ts';
import type { Dsl } from './dsl.ts';
import { subresource } from './rule.ts';

/**
 * A command in a container that one of these expressions of Lucene finds; a query each, since one of all would be too complex for the
 * server. The rules decode the URI (`/` is %2F there, a space `+`) and want another parameter behind the command, as kubectl sends it.
 */
export function inContainer(...expressions: string[]): Dsl {
  return all(subresource('exec'), any(...expressions.map((expression) => inUri(encoded(expression)))));
}

const inUri = (expression: string) =>
  matches(audit('requestURI'), `.*/exec[?].*command=.*${expression}.*[&](container|stdin|stdout|stderr)=.*`);

/** The expression for what it describes and for that in a URI. */
function encoded(expression: string): string {
  return expression
    .replaceAll('/', '(/|%2[fF])')
    .replaceAll(' ', '([+]|%20)')
    .replaceAll('>', '(>|%3[eE])')
    .replaceAll('&', '(&|%26)');
}
