import { describe, expect, test } from 'vitest';
import { defaultPlaces, knownOf, personOf, placesSchema } from '../../../agent/identity/index.ts';
import type { Entry, People } from '../../../agent/identity/index.ts';
import { event } from '../../kit/events.ts';

const rancher = 'system:serviceaccount:cattle-system:rancher';
const cattle = 'system:serviceaccount:cattle-impersonation-system:cattle-impersonation-u-7xk2p';
const pinniped = 'system:serviceaccount:pinniped-concierge:proxy';
const original = 'original-user-info.impersonation-proxy.concierge.pinniped.dev';

function personIn(changes: Record<string, unknown>, places = defaultPlaces): unknown {
  return personOf(event(changes), places);
}

function byProxy(actor: string, extra: unknown): Record<string, unknown> {
  return { user: { username: actor }, impersonatedUser: { username: 'u-7xk2p', extra } };
}

describe('the default places', () => {
  test.each([
    ['jdoe', byProxy(rancher, { username: ['jdoe'], principalid: ['local://u-7xk2p'] })],
    ['jdoe', byProxy(cattle, { username: ['jdoe'] })],
    ['okta_user://jdoe', byProxy(rancher, { principalid: ['okta_user://jdoe'] })],
    ['zoe', byProxy(pinniped, { [original]: ['{"username":"zoe","groups":["dev"]}'] })],
    ['carol', { user: { username: 'kubernetes-admin', extra: { sessionName: ['carol'], arn: ['arn:x'] } } }],
    [
      'arn:aws:iam::0:user/dan',
      { user: { username: 'kubernetes-admin', extra: { arn: ['arn:aws:iam::0:user/dan'] } } },
    ],
    ['eve@example.test', { user: { username: '00u1', extra: { email: ['eve@example.test'] } } }],
    ['mallory', { user: { username: 'https://issuer.example/realms/a#mallory' } }],
  ])('find %s', (name, changes) => {
    expect(personIn(changes)).toMatchObject({ name });
  });

  test.each([
    ['who may impersonate, and is no proxy', byProxy('mallory', { username: ['jane'] })],
    ['a service account of others', byProxy('system:serviceaccount:shop:rancher', { username: ['jane'] })],
    [
      'a service account whose namespace begins like a proxy’s',
      byProxy('system:serviceaccount:cattle-system-2:rancher', { username: ['jane'] }),
    ],
    ['who is called so already', byProxy(rancher, { username: ['u-7xk2p'] })],
    ['who is part of Kubernetes', { user: { username: 'a', extra: { sessionName: ['system:admin'] } } }],
    ['a text of several lines', { user: { username: 'a', extra: { sessionName: ['carol\njane'] } } }],
    ['a name as long as a token', { user: { username: 'a', extra: { email: ['x'.repeat(2000)] } } }],
    ['what is no list', { user: { username: 'a', extra: { sessionName: 'carol' } } }],
    ['what is no text', { user: { username: 'a', extra: { sessionName: [{ a: 1 }] } } }],
    ['what is no JSON', byProxy(pinniped, { [original]: ['{"username":'] })],
    [
      'JSON that is long',
      byProxy(pinniped, { [original]: [`{"username":"x","a":"${'x'.repeat(20_000)}"}`] }),
    ],
    ['a name that the object has from its prototype', { user: { username: 'a', extra: {} } }],
    ['an issuer that is not there', { user: { username: 'https://issuer.example/' } }],
    ['nobody', { user: undefined, impersonatedUser: { username: 'b', extra: { username: ['c'] } } }],
    ['nobody, by null', { user: null }],
  ])('are not taken in by %s', (_, changes) => {
    expect(personIn(changes)).toBeUndefined();
  });

  test('mark what whoever assumes a role chooses', () => {
    expect(personIn({ user: { username: 'a', extra: { sessionName: ['carol'] } } })).toEqual({
      name: 'carol',
      place: 'user.extra.sessionName',
      isClaimed: true,
    });
    expect(personIn(byProxy(rancher, { username: ['jdoe'] }))).toMatchObject({ isClaimed: false });
  });
});

test('the order of places decides', () => {
  const user = { username: 'a', extra: { email: ['eve@example.test'], 'example.test/login': ['eve'] } };
  const places = placesSchema.parse([
    { of: 'user', extra: 'example.test/login' },
    { of: 'user', extra: 'email' },
  ]);
  expect(personIn({ user }, places)).toMatchObject({ name: 'eve' });
  expect(personIn({ user }, places.toReversed())).toMatchObject({ name: 'eve@example.test' });
  expect(personIn({ user }, [])).toBeUndefined();
});

test('a prefix is taken off where it is one', () => {
  const places = placesSchema.parse([{ of: 'user', prefix: 'oidc:' }]);
  expect(personIn({ user: { username: 'oidc:jane' } }, places)).toMatchObject({
    name: 'jane',
    place: 'user.username',
  });
  expect(personIn({ user: { username: 'jane' } }, places)).toBeUndefined();
  expect(personIn({ user: { username: 'oidc:' } }, places)).toBeUndefined();
  // Whoever chooses his name at the issuer must not become a part of Kubernetes.
  expect(personIn({ user: { username: 'oidc:system:admin' } }, places)).toBeUndefined();
});

test.each([
  [{ of: 'user' }, 'must have extra or prefix'],
  [{ of: 'user', prefix: 'a', member: 'b' }, 'goes with extra'],
  [{ of: 'group', extra: 'a' }, 'of'],
  [{ of: 'user', extra: 'a', actors: [] }, 'actors'],
])('a place %j is refused', (place, message) => {
  const { error } = placesSchema.safeParse([place]);
  expect(JSON.stringify(error?.issues)).toContain(message);
});

describe('what is known of people', () => {
  const entries = new Map<string, Entry>(
    ['jane', 'joe', 'carol'].map((name) => [name, { names: [name], fields: { full_name: name } }]),
  );
  const people: People = {
    generation: 1,
    find: (name) => ({ status: entries.has(name) ? 'known' : 'unknown', entry: entries.get(name) }),
  };
  const known = (changes: Record<string, unknown>) => {
    const found = knownOf(event(changes), defaultPlaces, people);
    if (found === undefined) return undefined;
    const { user, effective, subject, status } = found;
    return [user, effective, subject].map((entry) => entry?.names[0]).concat(status);
  };

  test.each([
    [{ user: { username: 'jane' } }, ['jane', undefined, 'jane', 'known']],
    [{ user: { username: 'jane' }, impersonatedUser: { username: 'joe' } }, ['jane', 'joe', 'jane', 'known']],
    [
      { user: { username: 'system:serviceaccount:a:b' }, impersonatedUser: { username: 'joe' } },
      [undefined, 'joe', 'joe', 'known'],
    ],
    [
      { user: { username: 'admin', extra: { sessionName: ['carol'] } } },
      [undefined, undefined, 'carol', 'known'],
    ],
    [{ user: { username: 'mallory' } }, [undefined, undefined, undefined, 'unknown']],
    [{ user: { username: 'system:node:a' } }, undefined],
    [{ user: { username: 'system:anonymous' } }, undefined],
    [{ user: {} }, undefined],
  ])('%j', (changes, expected) => {
    expect(known(changes)).toEqual(expected);
  });

  test('is nothing of who failed to log in under a name', () => {
    expect(known(loginOf('deny'))).toBeUndefined();
    expect(known(loginOf('allow'))).toEqual([undefined, undefined, 'jane', 'known']);
  });
});

function loginOf(decision: string): Record<string, unknown> {
  return {
    user: { username: 'system:anonymous' },
    objectRef: undefined,
    annotations: {
      'authentication.openshift.io/decision': decision,
      'authentication.openshift.io/username': 'jane',
    },
  };
}
