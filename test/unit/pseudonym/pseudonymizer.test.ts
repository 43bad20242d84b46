import { isIP } from 'node:net';
import { expect, test } from 'vitest';
import { parseEvent } from '../../../agent/event/index.ts';
import { Pseudonymizer, pseudonymKey, pseudonymOf, Pseudonyms } from '../../../agent/pseudonym/index.ts';

const key = pseudonymKey(Buffer.from('an example key of 32 characters.'));
const pseudonyms = new Pseudonyms(key, ['kubernetes-admin']);
const hider = new Pseudonymizer(pseudonyms, {
  addresses: true,
  personExtras: new Set(['sessionName', 'json']),
});
const alice = 'c4naryalice';
const email = 'C4nary.Mail+x@mail.example';
const address = '203.0.113.77';
const address6 = '2001:4860:0:0::c4a7';
const of = (name: string) => pseudonymOf(name, pseudonyms);

/** An event of alice with these members, in the words that leave the node. */
function hidden(members: string, resource = 'pods', by = hider) {
  const user = members.includes('"user":') ? '' : `"user":{"username":"${alice}"},`;
  const line = Buffer.from(
    `{"kind":"Event","apiVersion":"audit.k8s.io/v1",${user}"objectRef":{"resource":"${resource}","name":"${resource === 'users' ? alice : 'x'}"},${members}}`,
  );
  const event = parseEvent(line);
  if (!event) throw new Error(`no event: ${line.toString()}`);
  const result = by.event(line, event);
  const text = (result?.bytes ?? line).toString();
  expect(parseEvent(Buffer.from(text))).toBeDefined();
  return { text, counts: Object.fromEntries(result?.counts ?? []) };
}

const body = (value: unknown) => `"requestObject":${JSON.stringify(value)}`;
const json = (value: unknown) => JSON.stringify(value);

test.each([
  ['the user', `"user":{"username":"${alice}","uid":"${alice}-uid","extra":{"example/login":["${alice}"]}}`],
  ['a name written with escapes', `"user":{"username":"c4nary\\u0061lice"}`],
  ['who is impersonated', `"user":{"username":"system:admin"},"impersonatedUser":{"username":"${alice}"}`],
  [
    'who is behind an account that is kept',
    `"user":{"username":"kubernetes-admin","extra":{"sessionName":["${alice}"]}}`,
  ],
  [
    'who is behind a part of Kubernetes',
    `"user":{"username":"system:serviceaccount:a:b","extra":{"json":["{\\"username\\":\\"${alice}\\"}"]}}`,
  ],
  [
    'who tries to log in to OpenShift',
    `"user":{"username":"system:anonymous"},"annotations":{"authentication.openshift.io/decision":"deny","authentication.openshift.io/username":"${alice}"}`,
  ],
  [
    'the reason of the authorizer',
    `"annotations":{"authorization.k8s.io/reason":"RBAC: allowed by ClusterRoleBinding \\"b\\" of ClusterRole \\"admin\\" to User \\"${alice}\\""}`,
  ],
  [
    'the message of a 403',
    `"responseStatus":{"code":403,"message":"pods is forbidden: User \\"${alice}\\" cannot list resource"}`,
  ],
  [
    'another’s 403',
    `"user":{"username":"bob"},"responseStatus":{"code":403,"message":"User \\"${alice}\\" cannot list"}`,
  ],
  [
    'an escalation',
    `"user":{"username":"bob"},"responseStatus":{"message":"user \\"${alice}\\" (groups=[\\"a\\"]) is attempting to grant"}`,
  ],
  [
    'a user that is not found',
    `"user":{"username":"bob"},"responseStatus":{"message":"users.user.openshift.io \\"${alice}\\" not found","details":{"name":"${alice}","kind":"users"}}`,
  ],
  ['a subject', body({ subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: alice }] })],
  ['a subject, its name first', body({ subjects: [{ name: alice, kind: 'User' }] })],
  [
    'a JSON patch of a subject',
    body([{ op: 'add', path: '/subjects/-', value: { kind: 'User', name: alice } }]),
  ],
  ['a JSON patch of its name', body([{ op: 'replace', path: '/subjects/0/name', value: alice }])],
  [
    'last-applied-configuration',
    body({ metadata: { annotations: { a: json({ subjects: [{ kind: 'User', name: alice }] }) } } }),
  ],
  ['a FlowSchema', body({ subjects: [{ kind: 'User', user: { name: alice } }] })],
  ['a SubjectAccessReview', body({ spec: { user: alice, uid: `${alice}-uid`, extra: { a: [alice] } } })],
  ['a TokenReview', body({ status: { user: { username: alice, uid: alice, extra: { a: [alice] } } } })],
  ['a SelfSubjectReview', body({ status: { userInfo: { username: alice } } })],
  ['a CSR', body({ spec: { username: alice, uid: alice } })],
  [
    'a user of OpenShift',
    body({ kind: 'User', metadata: { name: alice }, fullName: `Ms ${alice}`, identities: [`x:${alice}`] }),
  ],
  ['members of a group', body({ kind: 'Group', users: [alice] })],
  ['the URI of a user', `"requestURI":"/apis/user.openshift.io/v1/users/${alice}?pretty=true"`],
  ['a parameter', `"requestURI":"/api/v1/pods?fieldManager=${alice}\\u0026labelSelector=owner%3D${alice}"`],
  ['an argument of exec', `"requestURI":"/api/v1/x/exec?command=useradd\\u0026command=${alice}"`],
  ['a user agent', `"userAgent":"tool (${alice})"`],
  ['a message of an event', body({ message: `${alice} did it. Then User "${alice}" left` })],
])('a name in %s', (_what, members) => {
  expect(hidden(members, members.includes('users') ? 'users' : 'pods').text).not.toMatch(/c4nary/iu);
});

test.each([
  ['the user', `"user":{"username":"${email}","groups":["team","${email}"]}`],
  ['the user, with a prefix', `"user":{"username":"oidc:${email}","extra":{"e":["${email}"]}}`],
  ['a text', body({ metadata: { annotations: { contact: `ask <${email}>.` } } })],
  ['a URI, encoded', `"requestURI":"/x?a=${encodeURIComponent(email)}\\u0026b=${email}"`],
  ['a URI, all of it encoded', `"requestURI":"/x?a=%43%34nary.Mail%2bx%40mail%2eexample"`],
  ['a path', `"requestURI":"/apis/a/${encodeURIComponent(email)}/b"`],
  ['a user agent', `"userAgent":"x ${email}"`],
  ['an audit id', `"auditID":"${email}"`],
  ['an annotation', `"annotations":{"a":"by ${email}"}`],
  ['a name of an object', body({ metadata: { name: email } })],
  ['another name', `"objectRef":{"resource":"leases","name":"${email}"}`],
])('an e-mail address in %s', (_what, members) => {
  const { text } = hidden(members);
  expect(text).not.toMatch(/c4nary|mail%2eexample/iu);
  expect(text).toContain(of(email));
});

test.each([
  ['where it comes from', `"sourceIPs":["${address}","${address6}","10.0.0.1"]`],
  ['a text', body({ message: `from ${address}:443, ${address6}. End` })],
  [
    'a URI',
    `"requestURI":"/x?command=curl\\u0026command=http%3A%2F%2F${address}%3A80%2F${encodeURIComponent(address6)}"`,
  ],
  ['brackets', body({ a: `[${address6}]:443 added:${address6}`, b: `::ffff:${address}` })],
  ['a message', `"responseStatus":{"message":"dial tcp ${address}:6443: ${address6}"}`],
])('a public address in %s', (_what, members) => {
  const { text } = hidden(members);
  expect(text).not.toMatch(/203\.0\.113|2001:4860/u);
  expect(text).toContain(of(address));
  expect(text).toContain(of(address6));
});

test('sourceIPs stay addresses, in a network of their own that names the key', () => {
  const { text } = hidden(`"sourceIPs":["${address}"]`);
  const { sourceIPs } = JSON.parse(text) as { sourceIPs: string[] };
  expect(sourceIPs.map((one) => isIP(one))).toEqual([6]);
  expect(sourceIPs[0]).toMatch(new RegExp(`^2001:db8:${key.id.replace(/^0+/u, '')}:`, 'u'));
  expect(of(`::ffff:${address}`)).toBe(sourceIPs[0]);
});

test.each([
  `"user":{"username":"system:serviceaccount:prod:c4nary","uid":"u","extra":{"authentication.kubernetes.io/pod-name":["p"]}}`,
  `"user":{"username":"system:node:cp-1","groups":["system:nodes"]}`,
  `"user":{"username":"kubernetes-admin","groups":["kubeadm:cluster-admins"]}`,
  `"user":{"username":"system:anonymous"},"sourceIPs":["127.0.0.1","::1","10.1.2.3","172.16.0.1","192.168.1.1","100.64.0.1","169.254.169.254","fd00::1","fe80::1"]`,
  `"user":{"username":"system:x"},"userAgent":"Mozilla/5.0 Chrome/120.0.0.0 kubectl/v1.35.4 (linux/amd64)"`,
  `"user":{"username":"system:x"},"requestObject":{"image":"registry.example/app:1.2.3.4@sha256:00","spec":{"a":"k8s.io/api@v0.36.0","b":"v1.2.3.4","c":"2026-11-23T01:06:03Z","d":"1.3.6.1.4.1","e":"00:1a:2b:3c:4d:5e"}}`,
  `"user":{"username":"system:x"},"requestObject":{"subjects":[{"kind":"ServiceAccount","name":"c","namespace":"d"},{"kind":"Group","name":"system:masters"},{"kind":"User","name":"system:kube-scheduler"}],"roleRef":{"kind":"ClusterRole","name":"admin"}}`,
])('what is no person stays byte for byte: %s', (members) => {
  expect(hidden(members).counts).toEqual({});
});

test('a user who is called as a role hides neither the role nor the object', () => {
  const { text } = hidden(
    `"user":{"username":"cluster-admin"},"annotations":{"authorization.k8s.io/reason":"RBAC: allowed by ClusterRoleBinding \\"cluster-admin\\" of ClusterRole \\"cluster-admin\\" to User \\"cluster-admin\\""},"requestURI":"/apis/rbac/clusterrolebindings/cluster-admin",${body({ roleRef: { kind: 'ClusterRole', name: 'cluster-admin' }, metadata: { name: 'cluster-admin' }, subjects: [{ kind: 'User', name: 'cluster-admin' }] })}`,
  );
  expect(text.match(/cluster-admin/gu)).toHaveLength(5);
  expect(text).toContain(`to User \\"${of('cluster-admin')}\\"`);
  expect(text).toContain(`"subjects":[{"kind":"User","name":"${of('cluster-admin')}"}]`);
});

test('the same person is one person, wherever; another key makes another', () => {
  const { text, counts } = hidden(
    `"user":{"username":"https://issuer.example#${email}","extra":{"mail":["${email}"]}},${body({ a: email })}`,
  );
  expect(text.split(of(email))).toHaveLength(4);
  expect(text).toContain(`https://issuer.example#${of(email)}`);
  expect(counts).toEqual({ 'pseudonym-email': 3 });
  expect(of(alice)).toBe(`pseudonym.user.${key.id}.${/[\da-f]{16}$/u.exec(of(alice))![0]}`);
  const other = new Pseudonyms(pseudonymKey(Buffer.from('another key of 32 characters ...')));
  for (const one of [alice, email, address]) expect(pseudonymOf(one, other)).not.toBe(of(one));
  expect(of('system:node:a')).toBe('system:node:a');
  expect(of('10.0.0.1')).toBe('10.0.0.1');
});

test('addresses can stay', () => {
  const { text, counts } = hidden(
    `"sourceIPs":["${address}"]`,
    'pods',
    new Pseudonymizer(pseudonyms, { addresses: false }),
  );
  expect(text).toContain(address);
  expect(counts).toEqual({ 'pseudonym-user': 1 });
});

const event = json({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  user: { username: alice, uid: `${alice}-uid`, groups: ['a'], extra: { k: [alice] } },
  sourceIPs: [address, address6],
  requestURI: `/x?user=${alice}`,
  annotations: { 'authorization.k8s.io/reason': `allowed to User "${alice}"` },
  requestObject: {
    subjects: [{ kind: 'User', apiGroup: 'g', name: `c4nary-other` }],
    mail: email,
    users: [alice, 'c4nary-b'],
  },
});

test.each([
  ['a list', `{"items":[${event}]}`],
  ['a log of a container runtime', json({ log: event, stream: 'stdout' })],
  ['the same, escaped twice', json({ a: json({ log: event }) })],
  ['CRI', `2026-11-30T12:00:00Z stdout F ${event}`],
  ['prose', `W1201 user=${alice} username: ${alice} from ${address}:443 ${address6} by <${email}>`],
])('nothing of a person is in a text that is no event: %s', (_what, text) => {
  const shown = (hider.text(Buffer.from(text))?.bytes ?? '').toString();
  expect(shown).not.toMatch(/c4nary|2001:4860|203\.0\.113/iu);
  expect(shown).toContain(of(alice));
});

test('nor in one that was torn at any byte: no run of more than 4 bytes of a name, no address', () => {
  for (let end = 1; end < event.length; end += 1) {
    const shown = (hider.text(Buffer.from(event.slice(0, end)))?.bytes ?? Buffer.alloc(0)).toString();
    expect(shown, `cut at ${end}`).not.toMatch(/c4nar|c4nary|203\.0\.113|2001:4860|mail\.ex/iu);
  }
});

test('of a text that nobody knows the beginning of nothing stays', () => {
  expect(hider.whole(Buffer.from(`ice","groups":["a"]`))?.bytes.toString()).toBe('pseudonym.text');
  expect(hider.text(Buffer.from(`${alice.slice(3)}","groups":["a"]}`))?.bytes.toString()).toBe(
    'pseudonym.text","groups":["a"]}',
  );
});

test.each(['ser"', 'user="', '@', 'a@', '1.', ':', 'user "', '"kind":"User",', '{"a":', '\\"'])(
  'a hostile line of %j costs no more than its length',
  (unit) => {
    const many = unit.repeat(Math.ceil(300_000 / unit.length));
    hider.text(Buffer.from(many));
    hidden(`"requestURI":${json(many)},${body({ a: many, b: [many] })}`);
  },
  20_000,
);
