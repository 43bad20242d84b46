import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../../agent/event/index.ts';
import { treatEvent } from '../../../agent/flow/treat.ts';
import type { EventLine, Treatment } from '../../../agent/flow/treat.ts';
import type { Entry, People } from '../../../agent/identity/index.ts';
import { parsePolicy } from '../../../agent/policy/index.ts';
import {
  Pseudonymizer,
  pseudonymKey,
  pseudonymOf,
  Pseudonyms,
  Revealer,
} from '../../../agent/pseudonym/index.ts';
import { Redactor } from '../../../agent/redact/index.ts';
import { context, place } from '../document/places.ts';

const jane: Entry = {
  names: ['jane'],
  fields: {
    full_name: 'Jane C4nary',
    email: 'c4nary@example.test',
    department: 'Sales',
    employment: 'active',
    manager: 'uid=c4nary,ou=people',
    badge: 'c4nary-7',
  },
};

function people(entries: Record<string, Entry>, generation: number): People {
  return {
    generation,
    find: (name) =>
      Object.hasOwn(entries, name) ? { status: 'known', entry: entries[name] } : { status: 'unknown' },
  };
}

function by(known: People, pseudonymizer?: Pseudonymizer): Treatment {
  const policy = parsePolicy(
    '{ apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{ level: RequestResponse }] }',
  );
  const redactor = new Redactor({ wholeEnvironment: false });
  return {
    policy,
    redactor,
    pseudonymizer,
    detector: undefined,
    people: known,
    context,
    entryBytesMax: 100_000,
  };
}

function documentOf(treatment: Treatment, username = 'jane'): string {
  const bytes = Buffer.from(
    JSON.stringify({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      stage: 'ResponseComplete',
      stageTimestamp: '2026-11-23T01:06:03.433599Z',
      requestURI: '/',
      verb: 'get',
      user: { username },
    }),
  );
  const line: EventLine = { event: parseEvent(bytes)!, bytes, mac: () => 'the mac' };
  const treated = treatEvent(line, place, treatment);
  if (treated.kind !== 'kept') throw new Error('dropped');
  return Buffer.concat(treated.document.pieces.map((one) => Buffer.from(one))).toString();
}

interface Head {
  user: Record<string, unknown>;
  auditseal: { directory: Record<string, unknown> };
}
const headOf = (text: string) => JSON.parse(text) as Head;

describe('an event of a person', () => {
  test('has what the directory says then, and the next one what it says next', () => {
    const first = headOf(documentOf(by(people({ jane }, 1))));
    expect(first.user).toMatchObject({
      name: 'jane',
      full_name: 'Jane C4nary',
      email: 'c4nary@example.test',
    });
    expect(first.auditseal.directory).toEqual({
      status: 'known',
      department: 'Sales',
      employment: 'active',
      manager: 'uid=c4nary,ou=people',
      badge: 'c4nary-7',
    });
    const left: Entry = { names: ['jane'], fields: { employment: 'left' } };
    const next = headOf(documentOf(by(people({ jane: left }, 2))));
    expect(next.user).toEqual({ name: 'jane' });
    expect(next.auditseal.directory).toEqual({ status: 'known', employment: 'left' });
    expect(headOf(documentOf(by(people({}, 3)))).auditseal.directory).toEqual({ status: 'unknown' });
  });

  test('of whom nothing is known is there all the same; of a part of Kubernetes nothing is looked for', () => {
    expect(headOf(documentOf(by(people({ jane }, 1)), 'eve')).auditseal.directory).toEqual({
      status: 'unknown',
    });
    expect(headOf(documentOf(by(people({ jane }, 1)), 'system:admin')).auditseal).not.toHaveProperty(
      'directory',
    );
  });

  test('has pseudonyms in the place of all that tells who it is', () => {
    const pseudonyms = new Pseudonyms(pseudonymKey(Buffer.from('an example key of 32 characters.')));
    const text = documentOf(by(people({ jane }, 1), new Pseudonymizer(pseudonyms, { addresses: true })));
    expect(text).not.toMatch(/c4nary/iu);
    const { user, auditseal } = headOf(text);
    expect(user).toMatchObject({
      name: pseudonymOf('jane', pseudonyms),
      full_name: pseudonymOf('Jane C4nary', pseudonyms),
      email: pseudonymOf('c4nary@example.test', pseudonyms),
    });
    expect(auditseal.directory).toMatchObject({ status: 'known', department: 'Sales', employment: 'active' });
    const manager = String(auditseal.directory['manager']);
    const revealer = new Revealer([manager], [pseudonyms]);
    for (const value of Object.values(jane.fields)) revealer.try(value);
    expect(revealer.found.get(manager)).toBe('uid=c4nary,ou=people');
  });
});
