import { describe, expect, test } from 'vitest';
import { eventHead } from '../../../agent/document/index.ts';
import { parseEvent } from '../../../agent/event/index.ts';
import type { AuditEvent } from '../../../agent/event/index.ts';
import type { Entry, Known } from '../../../agent/identity/index.ts';
import { event, linesOf } from '../../kit/events.ts';
import { context, place } from './places.ts';

interface Head {
  event: { category: string[]; type: string[]; outcome: string };
  user?: Record<string, unknown>;
  related?: { user: string[] };
  source?: object;
  network?: object;
  auditseal: Record<string, unknown>;
}

function headOf(one: AuditEvent): Head {
  return JSON.parse(`${eventHead(one, context, place)}}`) as Head;
}

const jane: Entry = {
  names: ['jane'],
  fields: { full_name: 'Jane Roe', email: 'jane.roe@example.test', department: 'Sales', manager: 'bob' },
};
const joe: Entry = { names: ['joe'], fields: { full_name: 'Joe Bloggs', employment: 'left' } };

/** The head of an event of which directories say this. */
function knownHead(changes: Record<string, unknown>, known: Partial<Known>): Head {
  const all: Known = { user: undefined, effective: undefined, subject: undefined, status: 'known', ...known };
  return JSON.parse(`${eventHead(event(changes), context, { ...place, known: all })}}`) as Head;
}

function headsOf(file: string): Head[] {
  return linesOf(`test/kit/fixtures/identity/${file}.jsonl`).map((line) => headOf(parseEvent(line)!));
}

describe('a login at OpenShift', () => {
  test('is of who tried, with the outcome of the login and not that of the redirect', () => {
    const heads = headsOf('openshift-logins').map(
      ({ event: { category, type, outcome }, user, related }) => ({
        category,
        type,
        outcome,
        name: user?.['name'],
        related,
      }),
    );
    const category = ['api', 'authentication'];
    const denied = { category, type: ['start', 'denied'], outcome: 'failure' };
    expect(heads).toEqual([
      { ...denied, name: 'corp-ldap:jane' },
      { category, type: ['start', 'allowed'], outcome: 'success', name: 'jane' },
      { ...denied, name: 'jane' },
    ]);
  });

  const annotations = {
    'authentication.openshift.io/decision': 'allow',
    'authentication.openshift.io/username': 'jane',
  };

  test('that ended in an error is neither denied nor allowed', () => {
    const failed = event({
      objectRef: undefined,
      annotations: { ...annotations, 'authentication.openshift.io/decision': 'error' },
    });
    expect(headOf(failed).event).toMatchObject({ type: ['start'], outcome: 'failure' });
  });

  test('does not take the name of who authenticated', () => {
    const { user, related } = headOf(event({ objectRef: undefined, annotations }));
    expect(user).toMatchObject({ name: 'alice' });
    expect(related).toEqual({ user: ['jane'] });
  });

  test('is none where the request is for an object: whoever makes webhooks chooses annotations there', () => {
    const {
      user,
      related,
      event: about,
    } = headOf(event({ user: { username: 'system:anonymous' }, annotations }));
    expect(user).toEqual({ name: 'system:anonymous' });
    expect(related).toBeUndefined();
    expect(about.category).toEqual(['api']);
  });

  test.each(['oauthaccesstokens', 'useroauthaccesstokens', 'oauthauthorizetokens', 'tokenreviews'])(
    'is what a request for %s is about, too',
    (resource) => {
      const { event: about } = headOf(
        event({ verb: 'create', objectRef: { resource, apiGroup: 'oauth.openshift.io' } }),
      );
      expect(about).toMatchObject({
        category: ['api', 'authentication', 'iam'],
        type: ['creation', 'allowed'],
      });
    },
  );
});

describe('who allowed a request', () => {
  const silent = { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' };
  const node = { username: 'system:node:worker-1', groups: ['system:nodes', 'system:authenticated'] };
  const master = { username: 'admin', groups: ['system:masters'] };

  test.each([
    ['system:masters', { user: master }],
    ['node', { user: node }],
    // A node's name without its group is confined by nothing, and the group alone says nothing of which node.
    [undefined, { user: { ...node, groups: ['system:authenticated'] } }],
    [undefined, { user: { ...node, username: 'worker-1' } }],
    [undefined, { user: { username: 'alice' } }],
    [undefined, { user: { username: 'alice', groups: 'system:masters' } }],
    [undefined, { user: undefined }],
    // The apiserver authorizes who is impersonated.
    [undefined, { user: master, impersonatedUser: { username: 'bob', groups: ['system:authenticated'] } }],
    ['system:masters', { user: { username: 'alice' }, impersonatedUser: master }],
  ])('without a reason is %s of %j', (authorizer, changes) => {
    expect(headOf(event({ ...changes, annotations: silent })).auditseal['authorizer']).toBe(authorizer);
  });

  test.each([
    [{ 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' }],
    [{ 'authorization.k8s.io/decision': 'allow' }],
    [{ 'authorization.k8s.io/reason': '' }],
    [
      {
        'authorization.k8s.io/decision': 'allow',
        'authorization.k8s.io/reason':
          'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to Group "system:masters"',
      },
    ],
  ])('is not guessed from %j', (annotations) => {
    expect(headOf(event({ user: master, annotations })).auditseal).not.toHaveProperty('authorizer');
  });
});

describe('the credential', () => {
  const extra = {
    'authentication.kubernetes.io/credential-id': ['JTI=0b9a4c0e-1111-4222-8333-444455556666'],
    'authentication.kubernetes.io/node-name': ['worker-1'],
    'authentication.kubernetes.io/pod-name': ['deputy-5f'],
    'authentication.kubernetes.io/pod-uid': ['aaaa'],
  };

  test('is of who authenticated, with the node and pod that it was made for', () => {
    const [, , deputy] = headsOf('rancher');
    expect(deputy?.auditseal['credential']).toEqual({
      id: 'JTI=0b9a4c0e-1111-4222-8333-444455556666',
      node: 'worker-1',
      pod: 'deputy-5f',
    });
  });

  test('is never that of an impersonated user, who is described by who impersonates', () => {
    const head = headOf(event({ impersonatedUser: { username: 'bob', extra } }));
    expect(head.auditseal).not.toHaveProperty('credential');
  });

  test('that a request has issued is a field of its own', () => {
    const { auditseal } = headOf(
      event({
        user: {
          username: 'alice',
          extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=ab'] },
        },
        annotations: { 'authentication.kubernetes.io/issued-credential-id': 'JTI=1' },
      }),
    );
    expect(auditseal['credential']).toEqual({ id: 'X509SHA256=ab', issued: 'JTI=1' });
  });

  test.each([[null], ['x'], [{ 'authentication.kubernetes.io/credential-id': [1] }], [[]]])(
    'is nothing where the extra is %j',
    (odd) => {
      expect(headOf(event({ user: { username: 'alice', extra: odd } })).auditseal).not.toHaveProperty(
        'credential',
      );
    },
  );
});

test('an address is searchable as it stands, and as an address where one can be told', () => {
  const heads = headsOf('addresses').map(({ source, network }) => ({ source, network }));
  expect(heads).toEqual([
    { source: { ip: '192.0.2.10', address: '192.0.2.10:4711' } },
    { source: { ip: 'fe80::1', address: 'fe80::1%eth0' } },
    { source: { ip: '2001:db8::1', address: '[2001:db8::1]:443' } },
    { network: { forwarded_ip: ['192.0.2.10'] } },
  ]);
});

describe('the person behind a shared identity', () => {
  test('is found in the session that a role was assumed in, marked as chosen by whoever assumed it', () => {
    const [head] = headsOf('eks-role');
    expect(head?.user).toMatchObject({ name: 'kubernetes-admin', effective: { name: 'carol' } });
    expect(head?.auditseal['person']).toEqual({
      name: 'carol',
      place: 'user.extra.sessionName',
      claimed: true,
    });
    expect(head?.auditseal['authorizer']).toBe('system:masters');
  });

  test('is found behind Rancher, beside whom the request acted as', () => {
    const [received, complete, deputy] = headsOf('rancher');
    expect(received?.auditseal).not.toHaveProperty('person');
    expect(complete?.user).toMatchObject({ effective: { name: 'u-7xk2p' } });
    expect(complete?.auditseal['person']).toEqual({ name: 'jdoe', place: 'impersonatedUser.extra.username' });
    expect(deputy?.user).toMatchObject({ effective: { name: 'bob@example.test' } });
    expect(deputy?.auditseal).not.toHaveProperty('person');
  });

  test('keeps the role with whom the apiserver authorized', () => {
    const annotations = {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason':
        'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "view" to User "admin"',
    };
    const { user } = headOf(
      event({ user: { username: 'admin', extra: { sessionName: ['carol'] } }, annotations }),
    );
    expect(user).toMatchObject({ name: 'admin', roles: ['view'], effective: { name: 'carol' } });
    expect(user?.['effective']).not.toHaveProperty('roles');
  });
});

describe('what a directory says', () => {
  test('is said of who authenticated, and of whom he impersonated', () => {
    const { user, auditseal } = knownHead(
      { user: { username: 'jane' }, impersonatedUser: { username: 'joe' } },
      { user: jane, effective: joe, subject: jane },
    );
    expect(user).toMatchObject({
      name: 'jane',
      full_name: 'Jane Roe',
      email: 'jane.roe@example.test',
      domain: 'example.test',
      effective: { name: 'joe', full_name: 'Joe Bloggs' },
    });
    expect(auditseal['directory']).toEqual({ status: 'known', department: 'Sales', manager: 'bob' });
  });

  test('is said of the person behind', () => {
    const { user } = knownHead(
      { user: { username: 'admin', extra: { sessionName: ['jane'] } } },
      { subject: jane },
    );
    expect(user).toMatchObject({ name: 'admin', effective: { name: 'jane', full_name: 'Jane Roe' } });
    expect(user).not.toHaveProperty('full_name');
  });

  test('is another thing with another directory, for the same user', () => {
    const one = event({ user: { username: 'jane' } });
    const fullName = (entry: Entry | undefined) => {
      const known: Known = { user: entry, effective: undefined, subject: entry, status: 'known' };
      const head = JSON.parse(`${eventHead(one, context, { ...place, known })}}`) as Head;
      return head.user?.['full_name'];
    };
    expect([jane, joe, undefined, jane].map((entry) => fullName(entry))).toEqual([
      'Jane Roe',
      'Joe Bloggs',
      undefined,
      'Jane Roe',
    ]);
  });

  test('is marked where it is nothing', () => {
    expect(knownHead({ user: { username: 'eve' } }, { status: 'unknown' }).auditseal['directory']).toEqual({
      status: 'unknown',
    });
  });
});
