import { expect, test } from 'vitest';
import { parseConfig } from '../../../agent/config/index.ts';
import { parseEvent } from '../../../agent/event/index.ts';
import { Redactor, redactSchema } from '../../../agent/redact/index.ts';

/** An event about a resource, in the words that leave the node under these settings, and what was redacted of it. */
function redacted(settings: object, members: string, { resource = 'widgets', group = 'example.com' } = {}) {
  const { rules, exceptions, withoutBodies, configMaps } = redactSchema.parse(settings);
  const wholeConfigMaps = configMaps === 'all';
  const redactor = new Redactor({
    wholeEnvironment: false,
    wholeConfigMaps,
    rules,
    exceptions,
    withoutBodies,
  });
  const apiGroup = group === '' ? '' : `,"apiGroup":"${group}"`;
  const line = Buffer.from(
    `{"kind":"Event","apiVersion":"audit.k8s.io/v1","objectRef":{"resource":"${resource}"${apiGroup}},${members}}`,
  );
  const event = parseEvent(line);
  if (event === undefined) throw new Error(`no event: ${line.toString()}`);
  const result = redactor.event(line, event, false);
  const sites = redactor.explain(line, event, false);
  return {
    text: (result?.bytes ?? line).toString(),
    counts: Object.fromEntries(result?.counts ?? []),
    sites: sites.map(({ rule, path }) => `${rule} ${path}`),
  };
}

const body = (value: unknown) => `"requestObject":${JSON.stringify(value)}`;
const canary = 'c4n4ry';

test.each([
  ['a member', body({ spec: { serial: canary } })],
  ['its letters as escapes', `"requestObject":{"\\u0073eri\\u0061l":"${canary}"}`],
  ['a variable', body({ env: [{ name: 'SERIAL', value: canary }] })],
  ['a variable by its beginning', body({ env: [{ name: 'X_SESSION_A', value: canary }] })],
  ['a flag', body({ args: ['--serial', canary] })],
  ['a flag with its value', body({ args: [`--serial=${canary}`] })],
  ['a text', body({ values: `a: b\nserial: ${canary}\n` })],
  ['JSON in a text', body({ a: JSON.stringify({ serial: canary }) })],
  ['a parameter of the URI', `"requestURI":"/x?serial=${canary}"`],
  ['the same, percent-encoded', `"requestURI":"/x?%73erial=${canary}"`],
])('a name of one\u2019s own is found as %s', (_where, members) => {
  const settings = { rules: [{ name: 'serials', names: ['serial', 'x_session_*'] }] };
  const { text, counts, sites } = redacted(settings, members);
  expect(text).not.toContain(canary);
  expect(text).toContain('redacted.serials');
  expect(counts).toEqual({ serials: 1 });
  expect(sites).toHaveLength(1);
  expect(redacted({}, members).text).toContain(canary);
});

test.each([
  ['a pattern, wherever it is', { pattern: 'LIC-[0-9]{4}' }, 'x LIC-1234 y', 'x redacted.own y'],
  ['the group of a pattern', { pattern: 'id=(\\w+)' }, 'id=abc;', 'id=redacted.own;'],
  ['a pattern of more than ASCII', { pattern: 'é+' }, 'aéé', 'aredacted.own'],
  ['a path', { paths: ['/requestObject/spec/blob'] }, 'abc', 'redacted.own'],
  ['a path with any part', { paths: ['/requestObject/*/blob'] }, 'abc', 'redacted.own'],
  ['a path of any depth', { paths: ['/**/blob'] }, 'abc', 'redacted.own'],
  ['a path and a pattern', { paths: ['/**/blob'], pattern: 'b' }, 'abc', 'aredacted.ownc'],
  ['another path', { paths: ['/requestObject/blob'] }, 'abc', 'abc'],
  ['another resource', { resources: ['others.example.com'], pattern: '.+' }, 'abc', 'abc'],
  ['another group', { resources: ['widgets'], pattern: '.+' }, 'abc', 'abc'],
  ['the resource', { resources: ['widgets.example.com'], pattern: 'b+' }, 'abc', 'aredacted.ownc'],
  ['the group', { resources: ['*.example.com'], pattern: 'b+' }, 'abc', 'aredacted.ownc'],
  ['a name and another path', { names: ['blob'], paths: ['/responseObject/**'] }, 'abc', 'abc'],
  ['a name and a path', { names: ['blob'], paths: ['/requestObject/**'] }, 'abc', 'redacted.own'],
  ['a name and another pattern', { names: ['blob'], pattern: '^x' }, 'abc', 'abc'],
])('a rule of one\u2019s own by %s', (_by, conditions, value, expected) => {
  const { text } = redacted({ rules: [{ name: 'own', ...conditions }] }, body({ spec: { blob: value } }));
  expect(JSON.parse(text)).toMatchObject({ requestObject: { spec: { blob: expected } } });
});

test('a path goes on in JSON that is a text, and through arrays and names with slashes', () => {
  const settings = {
    rules: [{ name: 'own', paths: ['/requestObject/metadata/annotations/a~1b/items/1/blob'] }],
  };
  const annotations = { 'a/b': JSON.stringify({ items: [{ blob: 'keep' }, { blob: canary }] }) };
  const { text, sites } = redacted(settings, body({ metadata: { annotations } }));
  expect(text).not.toContain(canary);
  expect(text).toContain('keep');
  expect(sites).toEqual(['own /requestObject/metadata/annotations/a~1b/items/1/blob']);
});

test.each([
  ['a rule', { rules: ['name'] }],
  ['a resource', { resources: ['widgets.example.com'] }],
  ['a path', { paths: ['/requestObject/spec/token'] }],
  ['a name', { names: ['token'] }],
  ['a value', { pattern: 'stan[d]ard' }],
])('an exception by %s leaves a false positive as it is', (_by, exception) => {
  const members = body({ spec: { token: 'standard' } });
  expect(redacted({}, members).counts).toEqual({ name: 1 });
  expect(redacted({ exceptions: [exception] }, members).counts).toEqual({});
});

test.each([
  ['another rule', { rules: ['literal'] }],
  ['another resource', { resources: ['pods'] }],
  ['another path', { paths: ['/requestObject/token'] }],
  ['another name', { names: ['tok'] }],
  ['a part of the value', { pattern: 'stand' }],
  ['one condition of two', { names: ['token'], pattern: 'other' }],
])('an exception for %s takes nothing back', (_by, exception) => {
  const members = body({ spec: { token: 'standard' } });
  expect(redacted({ exceptions: [exception] }, members).counts).toEqual({ name: 1 });
});

test('a rule of one\u2019s own with a name or a pattern holds for what is no event', () => {
  const rules = redactSchema.parse({
    rules: [
      { name: 'serials', names: ['serial'] },
      { name: 'licences', pattern: 'LIC-[0-9]{4}' },
      { name: 'elsewhere', resources: ['pods'], pattern: 'keep' },
    ],
  }).rules;
  const redactor = new Redactor({ wholeEnvironment: false, rules });
  const text = redactor.text(Buffer.from('x serial=abc LIC-1234 keep'))?.bytes.toString();
  expect(text).toBe('x serial=redacted.serials redacted.licences keep');
});

test('events of the resources without bodies lose them, and what quotes them', () => {
  const members = `"requestObject":{"a":"${canary}"},"responseStatus":{"code":422,"message":"invalid: ${canary}"},"annotations":{"x.example/y":"${canary}"},"responseObject":{"a":1}`;
  for (const withoutBodies of [['widgets.example.com'], ['*.example.com']]) {
    const { text, counts, sites } = redacted({ withoutBodies }, members);
    expect(text).not.toContain(canary);
    expect(Object.keys(JSON.parse(text) as object)).not.toContain('requestObject');
    expect(Object.keys(JSON.parse(text) as object)).not.toContain('responseObject');
    expect(counts).toEqual({ 'without-bodies': 1, status: 1, admission: 1 });
    expect(sites).toContain('without-bodies /requestObject');
    expect(sites).toContain('without-bodies /responseObject');
  }
  expect(redacted({ withoutBodies: ['widgets'] }, members).text).toContain(canary);
  expect(redacted({ withoutBodies: ['*'] }, members).text).toContain(canary);
});

test('all that ConfigMaps hold, where that is set', () => {
  const map = { kind: 'ConfigMap', data: { a: canary, b: `x: ${canary}` }, binaryData: { c: canary } };
  for (const members of [
    body(map),
    body({ data: { a: canary } }),
    body([{ op: 'replace', path: '/data/a', value: canary }]),
    body({ metadata: { annotations: { applied: JSON.stringify(map) } } }),
    `"responseObject":{"kind":"ConfigMapList","items":[{"data":{"a":"${canary}"}}]}`,
  ]) {
    const at = { resource: 'configmaps', group: '' };
    expect(redacted({ configMaps: 'all' }, members, at).text).not.toContain(canary);
    expect(redacted({}, members, at).text).toContain(canary);
  }
});

test.each([
  [{ rules: [{ name: 'own' }] }, 'rules.0', 'must have paths, names or a pattern'],
  [{ rules: [{ name: 'name', pattern: 'x' }] }, 'rules.0.name', 'always there'],
  [{ rules: [{ name: 'a.b', pattern: 'x' }] }, 'rules.0.name', 'small letters'],
  [{ rules: [{ name: 'x'.repeat(41), pattern: 'x' }] }, 'rules.0.name', '1 to 40'],
  [
    {
      rules: [
        { name: 'a', pattern: 'x' },
        { name: 'a', pattern: 'y' },
      ],
    },
    'rules.1.name',
    'used twice',
  ],
  [{ rules: [{ name: 'a', pattern: '(x' }] }, 'rules.0.pattern', 'no regular expression'],
  [{ rules: [{ name: 'a', pattern: '(?=x)y' }] }, 'rules.0.pattern', 'no regular expression'],
  [{ rules: [{ name: 'a', pattern: 'x*' }] }, 'rules.0.pattern', 'empty text'],
  [{ rules: [{ name: 'a', pattern: '(x)(y)' }] }, 'rules.0.pattern', 'more than one group'],
  [{ rules: [{ name: 'a', names: ['*'] }] }, 'rules.0.names.0', 'must be the name'],
  [{ rules: [{ name: 'a', names: ['a*b'] }] }, 'rules.0.names.0', 'only at its ends'],
  [{ rules: [{ name: 'a', names: ['ab*'] }] }, 'rules.0.names.0', 'at least 3'],
  [{ rules: [{ name: 'a', paths: ['spec'] }] }, 'rules.0.paths.0', 'JSON Pointer'],
  [{ rules: [{ name: 'a', paths: ['/a~2'] }] }, 'rules.0.paths.0', 'JSON Pointer'],
  [{ rules: [{ name: 'a', pattern: 'x', resources: ['Pods'] }] }, 'rules.0.resources.0', 'RESOURCE'],
  [{ rules: [{ name: 'a', patern: 'x' }] }, 'rules.0', 'patern'],
  [{ exceptions: [{}] }, 'exceptions.0', 'must say what it takes out'],
  [{ exceptions: [{ rules: ['nmae'] }] }, 'exceptions.0.rules.0', 'is no rule'],
  [{ withoutBodies: ['a/b'] }, 'withoutBodies.0', 'RESOURCE'],
])('%j is refused at its key', (settings, path, message) => {
  const result = redactSchema.safeParse(settings);
  const issues = result.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];
  expect(issues.join('\n')).toContain(message);
  expect(issues.some((issue) => issue.startsWith(`${path}:`))).toBe(true);
});

test('a configuration with a wrong rule is refused with the path of its key', () => {
  const text = `
cluster: a
node: b
sources: [{ name: a, path: /a }]
elasticsearch: { urls: ['https://a.example'] }
redact: { rules: [{ name: ok, names: [serial] }, { name: bad, pattern: '(?!x)y' }] }
`;
  expect(() => parseConfig('a.yaml', text)).toThrow(
    /redact\.rules\.1\.pattern: is no regular expression of RE2/,
  );
});
