import { createHmac } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { parseEvent } from '../../../agent/event/index.ts';
import { redactKey, Redactor } from '../../../agent/redact/index.ts';

const redactor = new Redactor({ wholeEnvironment: false });

interface Options {
  resource?: string;
  code?: number;
  isWithoutBodies?: boolean;
  by?: Redactor;
}

/** An event with these members, in the words that leave the node, and what was redacted of it. */
function redacted(members: string, options: Options = {}) {
  const { resource = 'pods', code = 200, isWithoutBodies = false, by = redactor } = options;
  const head = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"patch","objectRef":{"resource":"${resource}"}`;
  const status = members.includes('"responseStatus"') ? '' : `,"responseStatus":{"code":${code}}`;
  const line = Buffer.from(`${head}${status},${members}}`);
  const event = parseEvent(line);
  if (event === undefined) throw new Error(`no event: ${line.toString()}`);
  const result = by.event(line, event, isWithoutBodies);
  return { text: (result?.bytes ?? line).toString(), counts: Object.fromEntries(result?.counts ?? []) };
}

const canary = 'c4n4ry-0123';
const body = (value: unknown) => `"requestObject":${JSON.stringify(value)}`;
const patchText = JSON.stringify({ kind: 'Secret', data: { x: canary } });

test.each([
  ['data of a Secret', body({ kind: 'Secret', data: { a: canary, b: { c: [canary] } } })],
  ['stringData of a Secret, its kind last', body({ stringData: { a: canary }, kind: 'Secret' })],
  ['a Secret in a List', body({ kind: 'List', items: [{ kind: 'Secret', data: { a: canary } }] })],
  ['an environment variable', body({ env: [{ name: 'DB_PASSWORD', value: canary }] })],
  ['the same, its value first', body({ env: [{ value: canary, name: 'DB_PASSWORD' }] })],
  ['a header', body({ httpHeaders: [{ name: 'Authorization', value: canary }] })],
  ['a member by its name', body({ spec: { clientSecret: canary } })],
  ['a list by its name', body({ spec: { passwords: [canary] } })],
  ['a value under a name', body({ spec: { password: { value: canary } } })],
  ['a flag', body({ args: [`--password=${canary}`] })],
  ['an argument after its flag', body({ args: ['--password', canary, 'x'] })],
  ['a command', body({ command: ['sh', '-c', `export TOKEN=${canary}; run`] })],
  ['curl -u', body({ command: ['curl', '-u', `me:${canary}`] })],
  ['last-applied-configuration', body({ metadata: { annotations: { a: patchText } } })],
  ['a text in it in a text', body({ a: JSON.stringify({ b: patchText }) })],
  ['a name written with escapes', `"requestObject":{"pass\\u0077ord":"${canary}"}`],
  ['YAML in a text', body({ valuesContent: `a: 1\ndb:\n  password: ${canary}\n` })],
  ['an apply patch that is a text', `"requestObject":${JSON.stringify(`password: "${canary}"`)}`],
  ['a JSON patch by its path', body([{ op: 'add', path: '/spec/password', value: canary }])],
  ['the same, of an item', body([{ value: canary, op: 'add', path: '/spec/tokens/0' }])],
  ['a password in a URL', body({ url: `https://me:${canary}@registry.example/x` })],
  ['an authorization', body({ text: `curl -H 'Authorization: Bearer ${canary}'` })],
  ['a private key', body({ x: `-----BEGIN RSA PRIVATE KEY-----\n${canary}\n-----END RSA PRIVATE KEY-----` })],
  ['a response', `"responseObject":{"status":{"token":"${canary}"}}`],
  ['a parameter of the URI', `"requestURI":"/x?token=${canary}\\u0026b=1"`],
  ['a flag in exec', `"requestURI":"/x/exec?command=a\\u0026command=--password\\u0026command=${canary}"`],
  ['a flag in exec, encoded', `"requestURI":"/x/exec?command=sh\\u0026command=--token%3D${canary}"`],
  ['a proxied URL', `"requestURI":"/api/v1/namespaces/a/services/b/proxy/login?password=${canary}"`],
  ['a flag in exec, its letters encoded', `"requestURI":"/x/exec?c%6Fmmand=%2D%2Dp%61ssword%3D${canary}"`],
  ['a parameter of a proxied path', `"requestURI":"/api/v1/namespaces/a/services/b/proxy/x;token=${canary}"`],
  ['an encoded question mark', `"requestURI":"/api/v1/namespaces/a/pods/b/proxy/x%3Ftoken%3D${canary}"`],
  [
    'a variable by its index',
    body([{ op: 'replace', path: '/spec/containers/0/env/0/value', value: canary }]),
  ],
  ['a list of secrets', body({ startupSecrets: [{ data: { data: { A: canary } } }] })],
  ['a token in a user agent', `"userAgent":"x token=${canary}"`],
  ['extra of a header', `"user":{"extra":{"accesskeyid":["${canary}"]}}`],
  ['extra by its name', `"user":{"extra":{"api-token":["${canary}"]}}`],
  [
    'a member that is refused',
    `"responseStatus":{"code":422,"message":"A \\"a\\" is invalid: spec.password: Invalid value: \\"${canary}\\": too long"}`,
  ],
  [
    'JSON that a webhook quotes',
    `"responseStatus":{"code":403,"message":"denied: {\\"env\\":[{\\"name\\":\\"TOKEN\\",\\"value\\":\\"${canary}\\"}]}"}`,
  ],
  [
    'a map as Go prints it',
    `"responseStatus":{"code":422,"message":"Invalid value: map[name:TOKEN value:${canary}]: unrecognized"}`,
  ],
  [
    'the difference of two Pods, in the response',
    `"responseObject":{"kind":"Status","message":"spec: Forbidden:\\n@@ -1,7 +1,7 @@\\n \\"Name\\": \\"TOKEN\\",\\n-\\"Value\\": \\"${canary}\\""},"responseStatus":{"code":422}`,
  ],
  ['a user agent', `"userAgent":"x Bearer ${canary}"`],
  ['user.extra', `"user":{"username":"a","extra":{"accessKeyId":["${canary}"]}}`],
  ['a credential in user.extra', `"user":{"extra":{"example.org/refresh-token":["${canary}"]}}`],
  ['user.extra of whom somebody acts as', `"impersonatedUser":{"extra":{"accesskeyid":["${canary}"]}}`],
  ['an assertion of GKE', `"user":{"extra":{"iam.gke.io/user-assertion":["${canary}"]}}`],
  ['a signed assertion', `"user":{"extra":{"user-assertion.cloud.google.com":["${canary}"]}}`],
])('%s does not leave the node', (_where, members) => {
  expect(redacted(members).text).not.toContain(canary);
});

test.each([
  ['data', body({ data: { a: canary } })],
  ['a merge patch', body({ stringData: { a: canary } })],
  ['a JSON patch of its data', body([{ op: 'replace', path: '/data/a', value: canary }])],
  ['items of a list', `"responseObject":{"kind":"SecretList","items":[{"data":{"a":"${canary}"}}]}`],
  [
    'a message that quotes it',
    `"responseStatus":{"code":422,"message":"Secret \\"a\\" is invalid: ${canary}"}`,
  ],
  [
    'a cause that quotes it',
    `"responseStatus":{"code":400,"details":{"causes":[{"message":"Invalid value: ${canary}"}]}}`,
  ],
  [
    'a webhook that denies it',
    `"responseStatus":{"code":403,"message":"admission webhook denied: ${canary}"}`,
  ],
  ['a webhook\u2019s patch', `"annotations":{"patch.webhook.admission.k8s.io/round_0_index_0":"${canary}"}`],
  ['a policy\u2019s annotation', `"annotations":{"my-policy.example/key":"${canary}"}`],
])('of a Secret %s does not leave the node', (_where, members) => {
  expect(redacted(members, { resource: 'secrets' }).text).not.toContain(canary);
});

test('where policy left no bodies, annotations of webhooks do not show them', () => {
  const members = `"annotations":{"patch.webhook.admission.k8s.io/round_0_index_0":"${canary}","authorization.k8s.io/decision":"allow"}`;
  const { text } = redacted(members, { resource: 'configmaps', isWithoutBodies: true });
  expect(text).not.toContain(canary);
  expect(text).toContain('"authorization.k8s.io/decision":"allow"');
  expect(redacted(members, { resource: 'configmaps' }).text).toContain(canary);
});

test('the name of an OAuth token is the token', () => {
  const members = `"objectRef":{"resource":"oauthaccesstokens","name":"${canary}"},"requestURI":"/apis/oauth.openshift.io/v1/oauthaccesstokens/${canary}?a=1"`;
  expect(redacted(members).text).not.toContain(canary);
});

test.each([
  ['AKIAABCDEFGHIJKLMNOP'],
  [`ghp_${'a'.repeat(36)}`],
  ['glpat-abcdefghij0123456789'],
  ['xoxb-123456789012-abcdef'],
  ['sha256~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ'],
  [`sk-${'a1'.repeat(10)}T3BlbkFJ${'b2'.repeat(10)}`],
  [`abc8Q~${'a1'.repeat(17)}`],
  [`${'a1'.repeat(7)}.atlasv1.${'b2'.repeat(30)}`],
  [`SG.${'a1'.repeat(11)}.${'b2'.repeat(21)}x`],
  [`HRKU-AA${'a1'.repeat(29)}`],
  ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
])('%s is known by its form, wherever it stands', (secret) => {
  for (const members of [
    body({ a: [`x ${secret} y`] }),
    `"userAgent":"${secret}"`,
    `"requestURI":"/x/exec?command=echo\\u0026command=${secret}"`,
    `"annotations":{"a":"${secret}"}`,
    `"requestObject":{"a":"\\u00${secret.charCodeAt(0).toString(16)}${secret.slice(1)}"}`,
  ])
    expect(redacted(members).text).not.toContain(secret.slice(1));
});

test.each([
  [
    'where a secret is',
    body({ env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'a', key: 'password' } } }] }),
  ],
  ['a reference to a variable', body({ env: [{ name: 'TOKEN', value: '$(OTHER)' }] })],
  [
    'image, command, privileged, hostPath',
    body({ image: 'a', command: ['sh', '-c', 'id'], privileged: true, hostPath: { path: '/' } }),
  ],
  [
    'a projected token',
    body({ serviceAccountToken: { path: 'token', audience: 'vault' }, automountServiceAccountToken: true }),
  ],
  ['a certificate', body({ x: '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----' })],
  ['a rule on secrets', body({ rules: [{ resources: ['secrets', 'serviceaccounts/token'], verbs: ['*'] }] })],
  ['prose', body({ description: 'configures the Basic authentication credentials, or Bearer tokens.' })],
  ['data of a ConfigMap', body({ kind: 'ConfigMap', data: { a: 'plain', b: 'x: y' } })],
  [
    'a refusal',
    '"responseStatus":{"code":400,"message":"invalid continue token: continue key is not valid"}',
  ],
  ['whose credential it was', '"user":{"extra":{"authentication.kubernetes.io/credential-id":["JTI=0b4f"]}}'],
  [
    'what exec ran',
    '"requestURI":"/x/exec?command=cat\\u0026command=%2Fvar%2Frun%2Fsecrets%2Ftoken\\u0026container=a"',
  ],
])('%s stays as it is', (_what, members) => {
  expect(redacted(members)).toMatchObject({ counts: {}, text: expect.stringContaining(members) as string });
});

test('what a refused grant would have given stays readable', () => {
  const message =
    'attempting to grant RBAC permissions not currently held: {Resources:[\\"secrets\\"], Verbs:[\\"*\\"]}';
  const members = `"objectRef":{"resource":"roles","apiGroup":"rbac.authorization.k8s.io"},"responseStatus":{"code":403,"message":"${message}"},"userAgent":"a token"`;
  expect(redacted(members).counts).toEqual({});
});

test('a refusal that names a Secret alone stays, and who was refused', () => {
  const message = 'secrets \\"a\\" is forbidden: User \\"mallory\\" cannot get resource \\"secrets\\"';
  const members = `"responseStatus":{"code":403,"message":"${message}"}`;
  expect(redacted(members, { resource: 'secrets' }).counts).toEqual({});
});

test('what is no secret stays byte for byte, and the rest of the line is still JSON', () => {
  const members = `"requestObject" : {"n":1.0e3, "password":"a\\u0026b", "deep":[[{"x":12345678901234567890}]],"text":"caf\u00e9 \\u2028"}`;
  const { text, counts } = redacted(members);
  expect(text).toContain(members.replace('a\\u0026b', 'redacted.name'));
  expect(counts).toEqual({ name: 1 });
  expect(JSON.parse(text)).toMatchObject({ requestObject: { password: 'redacted.name' } });
});

test('with a key equal values have equal marks, which nobody without it can make', () => {
  const key = redactKey(Buffer.from('k'.repeat(32)));
  const by = new Redactor({ wholeEnvironment: false, key });
  const { text } = redacted(body({ password: 'a&b', token: 'a&b', secret: 'other' }), { by });
  const hmac = createHmac('sha256', key.secret).update('auditseal redact\na&b').digest('hex').slice(0, 16);
  const marks = Object.values((JSON.parse(text) as { requestObject: Record<string, string> }).requestObject);
  expect(marks.slice(0, 2)).toEqual(Array(2).fill(`redacted.name.${key.id}.${hmac}`));
  expect(marks[2]).toMatch(new RegExp(`^redacted\\.name\\.${key.id}\\.[0-9a-f]{16}$`, 'u'));
  // The same value, written with other escapes.
  expect(redacted(`"requestObject":{"password":"a\\u0026b"}`, { by }).text).toContain(hmac);
});

test('marks of two keys tell which of them made each', () => {
  const marks = ['a', 'b'].map((letter) => {
    const key = redactKey(Buffer.from(letter.repeat(32)));
    const { text } = redacted(body({ password: 'x' }), {
      by: new Redactor({ wholeEnvironment: false, key }),
    });
    expect(text).toContain(`redacted.name.${key.id}.`);
    return /redacted\.name\.([0-9a-f]{4})\.([0-9a-f]{16})/.exec(text) ?? [];
  });
  expect(marks[0]?.[1]).not.toBe(marks[1]?.[1]);
  expect(marks[0]?.[2]).not.toBe(marks[1]?.[2]);
});

test('all values of environment variables, where that is set', () => {
  const by = new Redactor({ wholeEnvironment: true });
  const members = body({ env: [{ name: 'MODE', value: canary }] });
  expect(redacted(members, { by }).text).not.toContain(canary);
  expect(redacted(members).text).toContain(canary);
});

test.each([
  ['a torn event', `{"kind":"Event","verb":"create","requestObject":{"data":{"a":"${canary}`],
  ['an item without kind', `{"items":[{"verb":"create","requestObject":{"a":"${canary}"}}]}`],
  ['a line of docker', `{"log":"{\\"kind\\":\\"Event\\",\\"requestObject\\":{\\"a\\":\\"${canary}\\"}}"}`],
  ['a Secret', `{"kind":"Secret", "data": {"a":"${canary}"}}`],
  ['a Secret as a text', `x "{\\"data\\":{\\"a\\":\\"${canary}\\"}}"`],
  ['base64', `x dGhlIHNlY3JldCBpcyAxMjM0NTY3ODkw ${'y'.repeat(5)}`],
  ['an assignment', `panic: PASSWORD=${canary}`],
  ['the rest of a line', `rd":"${canary}"},"type":"Opaque"},"stage":"ResponseComplete"}`],
  ['the rest of a line that begins with an object', `{"x":"${canary}"}],"stage":"ResponseComplete"}`],
  ['what came after a power failure', `{"kind":"Event",${'\0'.repeat(512)}x":"${canary}"}}`],
  ['a message', `{"kind":"Event","x":1,"responseStatus":{"message":"map[a:${canary}]"}}`],
  ['a URI', `{"kind":"Event","requestURI":"/x/exec?command=a\\u0026command=-u\\u0026command=b%3A${canary}"}`],
  ['a torn credential', `{"kind":"Event","userAgent":"ghp_${canary}`],
  ['a torn URL', `{"kind":"Event","userAgent":"https://me:${canary}`],
  ['extra', `{"kind":"Event","user":{"extra":{"a":["${canary}"]}}`],
])('of %s, which is no event, no secret leaves the node', (_what, line) => {
  const text = redactor.text(Buffer.from(line))?.bytes.toString() ?? line;
  expect(text).not.toContain(canary);
  expect(text).not.toContain('dGhlIHNl');
});

test('a text without secrets stays as it is', () => {
  const lines = [
    'this is not JSON',
    '',
    '\r',
    'a \0 b',
    '{"some":"JSON"}',
    '/api/v1/namespaces/kube-system/pods',
    '[]',
  ];
  for (const line of lines) expect(redactor.text(Buffer.from(line))).toBeUndefined();
});

test.each([
  ['nested objects', (n: number) => '{"data":'.repeat(n) + '"x"' + '}'.repeat(n)],
  ['nested values', (n: number) => '{"name":"password","value":'.repeat(n) + '"x"' + '}'.repeat(n)],
  ['names', (n: number) => JSON.stringify('password={'.repeat(n))],
  ['quotes', (n: number) => JSON.stringify(`password='{`.repeat(n))],
  ['prefixes', (n: number) => JSON.stringify('ghp_'.repeat(n))],
  ['dashes', (n: number) => JSON.stringify('pul-'.repeat(n))],
  ['tokens', (n: number) => JSON.stringify('.eyJ'.repeat(n))],
  ['keys', (n: number) => JSON.stringify('-----BEGIN'.repeat(n))],
  ['URLs', (n: number) => JSON.stringify('://a:'.repeat(n))],
  ['data sources', (n: number) => JSON.stringify('a:@tcp('.repeat(n))],
  ['data URIs', (n: number) => JSON.stringify('data:,x%70'.repeat(n))],
  ['keys of YAML', (n: number) => JSON.stringify('password: x '.repeat(n))],
  ['blocks of YAML', (n: number) => JSON.stringify('password:\n password:\n  token:\n'.repeat(n))],
  ['scalars of YAML', (n: number) => JSON.stringify('password: |\n x\n'.repeat(n))],
  ['manifests', (n: number) => JSON.stringify('kind: Secret\ndata:\n a: b\n'.repeat(n))],
  ['open manifests', (n: number) => JSON.stringify('kind: Secret\n data:\n  data:\n'.repeat(n))],
  ['pipes', (n: number) => JSON.stringify('echo x | chpasswd '.repeat(n))],
  ['lists of users', (n: number) => JSON.stringify(' chpasswd:\n  chpasswd:\n'.repeat(n))],
  ['names of values', (n: number) => JSON.stringify('name: token\n value:\n'.repeat(n))],
  ['specs', (n: number) => '{"data":"token","spec":'.repeat(n) + '"x"' + '}'.repeat(n)],
  [
    'names in metadata',
    (n: number) => '{"value":"x","metadata":{"name":"token","value":'.repeat(n) + '"x"' + '}}'.repeat(n),
  ],
])('a hostile body of %s is read a bounded number of times', (_what, make) => {
  // Twice the body, hardly more than twice the work: counted in units that are looked at, not in time.
  const work = (n: number) => {
    const looks = [vi.spyOn(String.prototype, 'charAt'), vi.spyOn(String.prototype, 'charCodeAt')];
    try {
      // The agent shows it a name, so that the line is looked at.
      redacted(`"userAgent":"token","requestObject":${make(n)}`);
      return looks.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    } finally {
      for (const look of looks) look.mockRestore();
    }
  };
  const small = work(500);
  expect(small).toBeGreaterThan(500);
  expect(work(1000)).toBeLessThan(2.5 * small);
});

test('of an event of a Secret that is cut at any byte no run of more than four bytes leaves', () => {
  const secret = 'U0VDUkVULXRvcC1ub3QtdG8tYmUtc2Vlbg==';
  const line = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","requestURI":"/api/v1/secrets","requestObject":{"kind":"Secret","data":{"a":"${secret}"}},"responseObject":{"data":{"a":"${secret}"}},"stage":"ResponseComplete"}`;
  for (let cut = 1; cut < line.length; cut += 1) {
    const piece = line.slice(0, cut);
    const text = redactor.text(Buffer.from(piece))?.bytes.toString() ?? piece;
    for (let at = 0; at + 5 <= secret.length; at += 1) expect(text).not.toContain(secret.slice(at, at + 5));
  }
});
