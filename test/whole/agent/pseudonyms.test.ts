import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { pseudonymOf, Pseudonyms, readPseudonymKey } from '../../../agent/pseudonym/index.ts';
import { eventStream } from '../../../agent/streams/index.ts';
import {
  countEvents,
  startAgent,
  temporaryFolder,
  until,
  verify,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { sent, stored } from '../../kit/left.ts';
import { everyEventRule, startReceiver } from '../../kit/receiver.ts';
import { scrape } from '../../kit/scrape.ts';

const url = inject('elasticsearchUrl');
const json = (value: unknown) => JSON.stringify(value);

/** A person: nobody else has any of it. */
interface Canary {
  name: string;
  email: string;
  address: string;
  address6: string;
}

function canary(number: number): Canary {
  const name = `p3rson${String(number).padStart(3, '0')}`;
  const [high, low] = [16 + (number >> 4), number];
  return {
    name,
    email: `${name}@mail.example`,
    address: `203.${high}.113.${low}`,
    address6: `2001:4860:${(0x1000 + number).toString(16)}::77`,
  };
}

type Members = Readonly<Record<string, unknown>>;

function event(members: Members, resource = 'pods', name = 'x'): string {
  return json({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: 'a',
    stage: 'ResponseComplete',
    verb: 'patch',
    user: { username: 'system:serviceaccount:lab:ci' },
    objectRef: { resource, namespace: 'lab', name },
    stageTimestamp: '2026-11-23T01:06:03.433599Z',
    ...members,
  });
}

const body = (value: unknown) => ({ requestObject: value });
const whole = ({ name, email, address, address6 }: Canary) =>
  event({
    user: { username: name, uid: `${name}-uid`, extra: { 'example/login': [name], mail: [email] } },
    sourceIPs: [address, address6],
    requestURI: `/x?a=${encodeURIComponent(email)}&b=${name}`,
    ...body({ subjects: [{ kind: 'User', name }], note: `${name} <${email}>` }),
  });

/** Each plants a person where the apiserver, an authorizer, a webhook or a client writes one. */
const plants: ((person: Canary) => string)[] = [
  ({ name }) => event({ user: { username: name, groups: ['a'] } }),
  ({ email }) => event({ user: { username: email } }),
  ({ email }) => event({ user: { username: `oidc:${email}`, uid: email } }),
  ({ name }) => event({ impersonatedUser: { username: name, uid: name, extra: { a: [name] } } }),
  ({ name, email }) =>
    event({ user: { username: 'arn:aws:sts::1:x', extra: { sessionName: [name], e: [email] } } }),
  ({ name }) =>
    event({
      annotations: {
        'authorization.k8s.io/reason': `RBAC: allowed by ClusterRoleBinding "a" of ClusterRole "b" to User "${name}"`,
      },
    }),
  ({ name }) =>
    event({
      responseStatus: {
        code: 403,
        message: `pods "x" is forbidden: User "${name}" cannot get resource "pods"`,
      },
    }),
  ({ name }) =>
    event({
      responseStatus: {
        code: 403,
        message: `user "${name}" (groups=["x"]) is attempting to grant RBAC permissions not currently held`,
      },
    }),
  ({ name }) =>
    event({
      responseStatus: {
        code: 404,
        message: `users.user.openshift.io "${name}" not found`,
        details: { name, kind: 'users' },
      },
    }),
  ({ email }) => event({ annotations: { 'webhook.example/why': `denied for ${email}` } }),
  ({ name }) =>
    event(
      body({
        subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name }],
        roleRef: { kind: 'ClusterRole', name: 'view' },
      }),
      'rolebindings',
    ),
  ({ name }) =>
    event(body([{ op: 'add', path: '/subjects/-', value: { kind: 'User', name } }]), 'rolebindings'),
  ({ name }) =>
    event(
      body({
        metadata: {
          annotations: {
            'kubectl.kubernetes.io/last-applied-configuration': json({ subjects: [{ kind: 'User', name }] }),
          },
        },
      }),
    ),
  ({ name }) => event(body({ spec: { user: name, extra: { a: [name] } } }), 'subjectaccessreviews'),
  ({ name }) => event({ requestURI: `/apis/user.openshift.io/v1/users/${name}` }, 'users', name),
  ({ name }) =>
    event({ requestURI: `/apis/user.openshift.io/v1/identities/ldap:${name}` }, 'identities', `ldap:${name}`),
  ({ name }) => event(body({ kind: 'Group', users: [name, 'system:admin'] }), 'groups'),
  ({ email }) => event({ requestURI: `/api/v1/groups/${encodeURIComponent(email)}` }, 'groups', email),
  ({ address, address6 }) => event({ sourceIPs: [address, address6, '10.0.0.1'] }),
  ({ address, address6 }) =>
    event({ responseStatus: { code: 500, message: `dial tcp ${address}:443: from [${address6}]:80` } }),
  ({ name, email, address }) =>
    event({ user: { username: name }, userAgent: `tool/1 (${name}; ${email}; ${address})` }),
  ({ email, address }) =>
    event({
      requestURI: `/x/exec?command=curl&command=http%3A%2F%2F${address}%2F&command=${encodeURIComponent(email)}`,
    }),
  // Written raw by the apiserver, and no UTF-8.
  (person) => whole(person).replace('"note":"', '"note":"\xff'),
  // No events: a list, a container runtime's, CRI's, one without its kind, a torn one, glued ones, one that is too long.
  (person) => `{"items":[${whole(person)}]}`,
  (person) => json({ log: `${whole(person)}\n`, stream: 'stdout' }),
  (person) => `2026-11-30T12:00:00Z stdout F ${whole(person)}`,
  (person) => whole(person).replace('"kind":"Event",', ''),
  (person) => whole(person).slice(0, -2),
  (person) => `${whole(person).slice(0, 300)}${event({})}`,
  ({ name, email, address }) => `W1201 12:00:00 user=${name} mail ${email} from ${address}:443`,
  (person) => whole(person).replace('"kind":"Event",', `"x":"${'x'.repeat(150_000)}",`),
  (person) => `\xff${whole(person)}`,
];

test('of no planted person anything is in any byte that leaves the process; the same person stays one; the log verifies', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const keyFile = join(place.path, 'pseudonym-key');
  await writeFile(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const pseudonyms = new Pseudonyms(await readPseudonymKey(keyFile));
  const writer = await Writer.make(place.path);
  await using receiver = await startReceiver(place.path);
  const { notifications } = receiver;
  const detection = { rulesFile: await everyEventRule(place.path) };
  const more = {
    pseudonyms: { keyFile },
    entryBytesMax: 128 * 1024,
    logLevel: 'trace',
    detection,
    notifications,
  };
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace, more });
  await using agent = await startAgent({ config });
  for (const [number, plant] of plants.entries()) await writer.line(plant(canary(number)));
  // A glued one, and one behind what is no event, are two.
  let found = 0;
  await until(
    async () => (found = await countEvents(url, namespace)) === plants.length + 2,
    () => `${found} events: ${agent.tail()}`,
    { millisecondsMax: 60_000 },
  );
  const metrics = await scrape(agent.port);
  expect(await agent.stop()).toBe(0);

  const { events: sources, records } = await sent(url, namespace);
  const state = await stored(join(place.path, 'state'));
  const told = receiver.said();
  expect(told).toContain(pseudonymOf(canary(0).name, pseudonyms));
  const said = [...sources, ...records, state, agent.tail(), json(metrics), told].join('\n');
  const leaked = plants.flatMap((_plant, number) => {
    const { name, email, address, address6 } = canary(number);
    const forms = [name, email, encodeURIComponent(email), address, address6];
    return [
      ...forms,
      ...forms.map((form) => Buffer.from(form).toString('base64').replace(/.=*$/u, '')),
    ].filter((form) => said.includes(form));
  });
  expect(leaked).toEqual([]);
  // Of the one that is too long only its padding is shown.
  const tooLong = plants.length - 2;
  for (const [number] of plants.entries().filter(([each]) => each !== tooLong))
    expect(
      [canary(number).name, canary(number).email, canary(number).address, `ldap:${canary(number).name}`].some(
        (one) => said.includes(pseudonymOf(one, pseudonyms)),
      ),
      `plant ${number}`,
    ).toBe(true);

  const users = await aggregated(namespace, 'user.name');
  for (const number of [0, 20, 22]) expect(users).toContain(pseudonymOf(canary(number).name, pseudonyms));
  expect(users).toContain('system:serviceaccount:lab:ci');
  expect(users).toContain(`oidc:${pseudonymOf(canary(2).email, pseudonyms)}`);
  expect(await aggregated(namespace, 'related.ip')).toContain(pseudonymOf(canary(18).address, pseudonyms));
  expect(said).toMatch(/pseudonym-user\\?":\d/u);
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});

async function aggregated(namespace: string, field: string): Promise<string[]> {
  const answer = await fetch(`${url}/${eventStream(namespace)}/_search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: json({ size: 0, aggs: { all: { terms: { field, size: 1000 } } } }),
  });
  const { aggregations } = (await answer.json()) as {
    aggregations: { all: { buckets: { key: string }[] } };
  };
  return aggregations.all.buckets.map(({ key }) => key);
}
