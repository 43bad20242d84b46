import { array, boolean, constantFrom, integer, oneof, option, record, tuple } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { auditField } from '../../../agent/streams/templates/audit.ts';

/** Dotted paths of the fields that are mapped below `kubernetes.audit`, objects included. */
export const mappedPaths: readonly string[] = pathsOf(auditField([]), []);

function pathsOf(field: unknown, path: readonly string[]): string[] {
  const properties: unknown = Reflect.get(Object(field), 'properties');
  const inner = Object.entries(Object(properties)).flatMap(([name, one]) => pathsOf(one, [...path, name]));
  return path.length === 0 ? inner : [path.join('.'), ...inner];
}

const long = 'x'.repeat(40_000);
const nested = (open: string, close: string, depth: number) =>
  `${open.repeat(depth)}"deep"${close.repeat(depth)}`;
const depths = constantFrom(20, 21, 50, 999, 1000, 1001, 10_000);

/** Names of members that Elasticsearch, or a parser, has its trouble with. JSON text, with its quotes. */
const names = constantFrom(
  '',
  '.',
  '..',
  '.a',
  'a.',
  'a..b',
  ' ',
  ' a',
  'a ',
  '\u0000',
  '\ud800',
  '\\',
  '"',
  '*',
  '__proto__',
  '_id',
  '@timestamp',
  'spec',
  'spec.hostPID',
  'spec.containers.image',
  'type',
  'properties',
  '_source',
  long,
  `${'a.'.repeat(600)}b`,
  'é'.repeat(30_000),
  'n'.repeat(60_000),
);
const nameText = names.map((name) => JSON.stringify(name));

/** JSON texts that no schema of Kubernetes would let pass, and that a raw patch or a webhook's answer may hold. */
const oddValue: Arbitrary<string> = oneof(
  constantFrom(
    '"text"',
    '""',
    '0',
    '-1',
    'true',
    'null',
    '{}',
    '[]',
    '[[]]',
    '[null]',
    '[{}]',
    '[1,"a",{},[true]]',
  ),
  constantFrom(
    '1e400',
    '-1e400',
    '1e-400',
    '9'.repeat(400),
    '9'.repeat(1200),
    '0.1e1',
    '123456789012345678901',
  ),
  constantFrom(
    JSON.stringify(long),
    JSON.stringify('\uffff'.repeat(11_000)),
    JSON.stringify('é'.repeat(17_000)),
  ),
  constantFrom(
    '"\\u0000"',
    '"\\ud800"',
    '"\\udfff x"',
    '"not an address"',
    '"999.1.1.1"',
    '"::ffff:1.2.3.4%eth0"',
  ),
  constantFrom('"99999-01-01T00:00:00Z"', '"2026-02-30T25:61:61Z"', '"yesterday"', '-9223372036854775809'),
  depths.map((depth) => nested('[', ']', depth)),
  depths.map((depth) => nested('{"a":', '}', depth)),
  depths.map((depth) => nested('{"a.b":[', ']}', depth)),
  integer({ min: 900, max: 3000 }).map(
    (count) => `{${Array.from({ length: count }, (_, i) => `"f${i}":${i}`).join()}}`,
  ),
  tuple(nameText, nameText).map(([a, b]) => `{${a}:1,${b}:{${a}:[{${b}:"x"}]}}`),
  nameText.map((name) => `{${name}:1,${name}:2}`),
  nameText.map((name) => `{"a":[{"b":{${name}:{},"b":1,"b":{}}}]}`),
);

interface Part {
  path: string;
  value: string;
}

/** A value at a path of the event, or below one. */
const part: Arbitrary<Part> = record({
  path: oneof(
    constantFrom(...mappedPaths),
    constantFrom(
      'requestObject',
      'responseObject',
      'annotations',
      'user.extra',
      'objectRef',
      'requestObject.metadata',
    ),
  ),
  value: oddValue,
});

/** The `n`-th hostile line: latin1 text of bytes, without a newline. Most are events, as far as an apiserver would say. */
export function hostileLine(n: number): Arbitrary<string> {
  return record({
    parts: array(part, { minLength: 1, maxLength: 3 }),
    twice: boolean(),
    broken: option(constantFrom('\xff\xfe', '\xc0\x80', '\xed\xa0\x80', '\xf5\x80\x80\x80', '\0'), {
      freq: 12,
    }),
  }).map(({ parts, twice, broken }) => {
    const text = parts.reduce(
      (event, { path, value }, i) => put(event, path, value, twice && i > 0),
      base(n),
    );
    const bytes = Buffer.from(text).toString('latin1');
    return broken === null ? bytes : bytes.replace('"hostile', `"${broken}hostile`);
  });
}

function base(n: number): string {
  const user = `"user":{"username":"hostile-${n % 7}","groups":["system:masters"]}`;
  const times =
    '"requestReceivedTimestamp":"2026-11-23T01:06:03.433599Z","stageTimestamp":"2026-11-23T01:06:03.433599Z"';
  return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"poison-${n}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/lab/pods","verb":"create",${user},"sourceIPs":["192.0.2.7"],"userAgent":"u",${times}}`;
}

/** Puts a value at a dotted path: in the place of the member that is there, or as a second one of the same name. */
function put(event: string, path: string, value: string, second: boolean): string {
  const [first = '', ...rest] = path.split('.');
  const inner = rest.reduceRight((text, name) => `{${JSON.stringify(name)}:${text}}`, value);
  const member = `${JSON.stringify(first)}:${inner}`;
  const there = new RegExp(`"${first}":(?:"[^"]*"|\\{[^{}]*\\}|\\[[^\\]]*\\])`, 'u');
  if (!second && there.test(event) && !['kind', 'apiVersion', 'auditID'].includes(first))
    return event.replace(there, () => member);
  return `${event.slice(0, -1)},${member}}`;
}
