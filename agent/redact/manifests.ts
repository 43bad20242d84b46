import type { Decoded } from './decoded.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';
import { endOfRun, spaces, unitsOf } from './units.ts';
import { blockBelow, columnOf, endOfLine } from './yaml.ts';
import type { Range } from './yaml.ts';

const beforeKey = unitsOf(' \t-"\'');
const dataKeys = ['data:', 'stringData:', '"data":', '"stringData":'];

/** `data` and `stringData` of Secrets in a YAML text: a chart's values, an additional manifest, a file of a machine. */
export function manifestSecretsIn(decoded: Decoded): Span[] {
  const { text } = decoded;
  if (!text.includes('Secret') || !text.includes('\n')) return [];
  const spans: Span[] = [];
  let found: Range[] = [];
  let isSecret = false;
  const endDocument = () => {
    if (isSecret) for (const { from, to } of found) spans.push(spanOf(decoded, from, to, 'secret-data'));
    [found, isSecret] = [[], false];
  };
  for (let from = 0; from < text.length;) {
    const end = endOfLine(text, from);
    if (text.startsWith('---', from)) endDocument();
    const first = endOfRun(text, from, beforeKey, end);
    let next = end + 1;
    if (text.startsWith('kind', first))
      isSecret ||= isSecretKind(text.slice(first, Math.min(end, first + 32)));
    const key = dataKeys.find((one) => text.startsWith(one, first));
    if (key !== undefined) {
      const range = valueOf(text, first, first + key.length, end);
      if (range !== undefined) {
        found.push(range);
        next = Math.max(next, range.to + 1);
      }
    }
    from = next;
  }
  endDocument();
  return spans;
}

function isSecretKind(line: string): boolean {
  return ['kind:Secret', 'kind:SecretList'].includes(line.replaceAll(/[\s"']/g, ''));
}

/** What stands behind a key in its line, or below it. */
function valueOf(text: string, key: number, from: number, end: number): Range | undefined {
  const first = endOfRun(text, from, spaces, end);
  if (first < end && text[first] !== '\r' && text[first] !== '#') return { from: first, to: end };
  return blockBelow(text, key, columnOf(text, key) ?? 0);
}
