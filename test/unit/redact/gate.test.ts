import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  dictionary,
  letrec,
  nat,
  oneof,
  property,
  record,
  tuple,
} from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { expect, test } from 'vitest';
import { parseEvent } from '../../../agent/event/index.ts';
import { Redactor, redactSchema } from '../../../agent/redact/index.ts';
import { recordedLines } from '../../kit/corpus.ts';

/**
 * `event` looks at most lines in one scan alone; `explain` looks into every one. They must agree on every line, or a secret
 * leaves the node unseen.
 */
const { rules, exceptions } = redactSchema.parse({
  rules: [
    { name: 'serials', names: ['serial*', '*-blob'] },
    { name: 'licences', resources: ['widgets'], pattern: 'LIC-[0-9]+' },
  ],
  exceptions: [{ pattern: 'changeme' }],
});
const plain = new Redactor({ wholeEnvironment: false });
const strict = new Redactor({ wholeEnvironment: true, wholeConfigMaps: true, rules, exceptions });

const words =
  'api auth access private account shared signing encryption ssh master key data secret secrets password passwd pass pwd token tokens id jwt sig bearer basic cookie credential credentials authorization connection string user assertion name path ref file docker cfg dockerconfigjson hash bind pass chpasswd base64 userData kubeConfig serial blob latency.k8s.io'.split(
    ' ',
  );
const separators = ['', '_', '-', '.', ' ', '1', '__', '-2-', '/'];
const values = [
  'hunter2!x',
  'abc',
  '$(VAR)',
  'changeme',
  'AKIAABCDEFGHIJKLMNOP',
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  `ghp_${'a'.repeat(36)}`,
  'https://a:bc@d.example/e',
  'root:bc@tcp(d:1)/',
  'Bearer abcdefgh1',
  `$6$salt$${'x'.repeat(30)}`,
  'data:,password%3Dabc',
  'data:;base64,YWJjZA==',
  'cGFzc3dvcmQ9aHVudGVyMg==',
  '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----',
  'kind: Secret\nstringData:\n  a: b\n',
  'echo a:b | chpasswd',
  'LIC-123',
  '-u',
  '--user',
  'a:b',
];

const name = array(tuple(constantFrom(...words), constantFrom(...separators), boolean()), {
  minLength: 1,
  maxLength: 3,
}).map((parts) =>
  parts
    .map(([word, separator, isCapital], index) => {
      const cased = isCapital ? `${word.charAt(0).toUpperCase()}${word.slice(1)}` : word;
      return index === 0 ? cased : `${separator}${cased}`;
    })
    .join(''),
);
const text = oneof(
  name,
  constantFrom(...values),
  tuple(name, constantFrom('=', ': ', '": "', ' ', ':\n  ', ': |\n  '), constantFrom(...values)).map(
    (parts) => parts.join(''),
  ),
  tuple(name, constantFrom(...values)).map(([of, value]) => `a: b\n- name: ${of}\n  value: ${value}\n`),
);
const { json } = letrec<{ json: unknown }>((tie) => ({
  json: oneof(
    { maxDepth: 4, depthSize: 'small' },
    text,
    array(tie('json'), { maxLength: 3 }),
    dictionary(name, tie('json'), { maxKeys: 3 }),
    tuple(name, tie('json')).map(([of, value]) => ({ name: of, value })),
    tuple(name, text).map(([of, value]) => ({ op: 'add', path: `/spec/${of}`, value })),
    tuple(constantFrom('Secret', 'Fake', 'GeneratorState', 'ConfigMap'), tie('json')).map(([kind, data]) => ({
      kind,
      data: { a: data },
      spec: { state: data },
    })),
    array(text, { maxLength: 3 }).map((args) => ({
      args,
      command: args,
      env: args.map((value) => ({ name: 'A', value })),
    })),
    tuple(constantFrom('base64', 'utf8'), text).map(([encoding, content]) => ({ encoding, content })),
    tie('json').map((value) => ({ applied: JSON.stringify(value) })),
    text.map((value) => ({ userDataBase64: Buffer.from(value).toString('base64') })),
  ),
}));
const uri = array(tuple(name, text), { maxLength: 3 }).map(
  (parameters) => `/a/b?${new URLSearchParams(parameters).toString()}`,
);
const pair: [string, string] = ['a', 'b'];

/** Most events hold one thing alone: what is beside it would be seen instead. */
function rarely<Value>(arbitrary: Arbitrary<Value>, otherwise: Value): Arbitrary<Value> {
  return oneof({ weight: 3, arbitrary: constant(otherwise) }, { weight: 1, arbitrary });
}

const event = record({
  resource: constantFrom('pods', 'secrets', 'widgets', 'configmaps', 'oauthaccesstokens'),
  name: rarely(name, 'a'),
  uri: rarely(uri, '/a'),
  code: constantFrom(200, 403, 404, 422),
  annotation: rarely<[string, string]>(tuple(oneof(name, constant('authorization.k8s.io/decision')), text), [
    'a',
    'b',
  ]),
  extra: rarely<[string, string]>(tuple(name, text), pair),
  body: oneof({ weight: 1, arbitrary: constant('a') }, { weight: 2, arbitrary: json }),
  isWithoutBodies: boolean(),
  /** Where letters are written as escapes. */
  escapes: array(nat(2000), { maxLength: 3 }),
});

/** Writes some units of the strings as `\uXXXX`. */
function withEscapes(line: string, places: readonly number[]): string {
  let written = line;
  for (const place of places) {
    const at = place % line.length;
    const unit = line.charAt(at);
    if (!/[A-Za-z:/.$-]/.test(unit) || line.charAt(at - 1) === '\\') continue;
    const escaped = `${line.slice(0, at)}\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}${line.slice(at + 1)}`;
    if (isJson(escaped) && JSON.stringify(JSON.parse(escaped)) === JSON.stringify(JSON.parse(line)))
      written = escaped;
  }
  return written;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function agree(redactor: Redactor, line: Buffer, isWithoutBodies: boolean): void {
  const parsed = parseEvent(line);
  if (parsed === undefined) return;
  const isRedacted = redactor.event(line, parsed, isWithoutBodies) !== undefined;
  const sites = redactor.explain(line, parsed, isWithoutBodies);
  if (isRedacted !== sites.length > 0)
    expect.fail(`${isRedacted} ${JSON.stringify(sites)} ${line.toString()}`);
}

test('what the one scan passes over is nothing that a rule would find', () => {
  assert(
    property(event, (one) => {
      const line = JSON.stringify({
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        requestURI: one.uri,
        user: { username: 'a', extra: { [one.extra[0]]: [one.extra[1]] } },
        userAgent: 'x',
        objectRef: { resource: one.resource, name: one.name },
        responseStatus: { code: one.code, message: one.annotation[1] },
        ...(one.isWithoutBodies ? {} : { requestObject: one.body }),
        annotations: { [one.annotation[0]]: one.annotation[1] },
      });
      const bytes = Buffer.from(withEscapes(line, one.escapes));
      agree(plain, bytes, one.isWithoutBodies);
      agree(strict, bytes, one.isWithoutBodies);
    }),
    { numRuns: 5000 },
  );
}, 120_000);

test.each([
  ['-u', `"requestObject":{"args":["curl","-u","a:hunter2"]}`],
  ['its escape', `"requestObject":{"args":["curl","\\u002du","a:hunter2"]}`],
  ['--user', `"requestObject":{"args":["--user","a:hunter2"]}`],
  ['-u in a URI', `"requestURI":"/x?command=-u\\u0026command=a:hunter2"`],
  ['its percent-encoding', `"requestURI":"/x?command=%2Du\\u0026command=a:hunter2"`],
  ['a name, percent-encoded', `"requestURI":"/x?t%6Fken=hunter2"`],
  ['words far apart', `"requestObject":{"api_-2_key":"hunter2"}`],
  ['digits behind a name', `"requestObject":{"token-2_1":"hunter2"}`],
  ['a kubeconfig', `"requestObject":{"kubeconfig":"${Buffer.from('token: hunter2').toString('base64')}"}`],
  ['a fake store', `"requestObject":{"fake":{"data":[{"a":"hunter2"}]}}`],
  ['a URL, encoded', `"requestURI":"/x?a=https:%2F%2Fa:hunter2@b"`],
  ['a URL, its slashes as escapes', `"requestObject":{"a":"https:\\u002f\\u002fa:hunter2@b"}`],
  ['a hash', `"requestObject":{"a":"$6$hunter2$hunter2hunter2hunter2"}`],
  ['a data source', `"requestObject":{"a":"root:hunter2@tcp(a:1)/"}`],
  ['a name at the end of a text', `"requestObject":{"a":"- name: token\\n  value: hunter2"}`],
])('the scan stops at %s, if nothing else is in the line', (_what, members) => {
  const line = Buffer.from(`{"kind":"Event","apiVersion":"audit.k8s.io/v1",${members}}`);
  const parsed = parseEvent(line);
  if (parsed === undefined) throw new Error(`no event: ${line.toString()}`);
  expect(plain.event(line, parsed, false)?.bytes.toString()).not.toContain('hunter2');
  expect(plain.event(line, parsed, false)).toBeDefined();
});

test('nor in a recorded log', async () => {
  let secrets = 0;
  for (const line of await recordedLines()) {
    const bytes = Buffer.from(line);
    agree(plain, bytes, false);
    agree(strict, bytes, false);
    const parsed = parseEvent(bytes);
    if (parsed !== undefined && plain.event(bytes, parsed, false) !== undefined) secrets += 1;
  }
  expect(secrets).toBeGreaterThan(0);
}, 120_000);
