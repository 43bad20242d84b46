import { expect, inject, test } from 'vitest';
import { createDocument, refresh } from '../../kit/elasticsearch/index.ts';
import { ShippedLog } from '../../kit/shipped-log.ts';

const url = inject('elasticsearchUrl');

/** A request of this user for a Secret, as the apiserver writes it. */
function line(user: string, second: number): string {
  const at = `2026-11-23T01:06:0${second}.000000Z`;
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `00000000-0000-0000-0000-00000000000${second}`,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/prod/secrets/db-${second}`,
    verb: 'get',
    user: { username: user, groups: ['system:authenticated'] },
    sourceIPs: ['10.0.0.1'],
    objectRef: { resource: 'secrets', namespace: 'prod', name: `db-${second}`, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
  });
}

/** Of an `_id`. */
const eventIdOf = (id: string) => id.slice(0, 29);

const users = ['alice', 'bob', 'carol', 'dave', 'erin'];

const make = () =>
  ShippedLog.make(
    url,
    users.map((user, second) => line(user, second)),
  );

test('each finding on a document says where it is, what it says now, what the seal still knows, and where it contradicts itself', async () => {
  await using log = await make();
  const [first, second, third, fourth] = log.events;
  // Of the second the head alone, so that a search finds another; of the third both; the fourth is gone.
  await log.put(
    second!,
    second!.source.toString().replace('"user":{"name":"bob"', '"user":{"name":"mallory\\u001b[2J"'),
  );
  await log.put(third!, third!.source.toString().replaceAll('carol', 'mallory'));
  await log.remove(fourth!);
  await createDocument(
    url,
    log.stream,
    'forged',
    Buffer.from(first!.source.toString().replaceAll('alice', 'eve')),
  );
  await refresh(url, log.stream);

  const { code, stdout } = await log.verify();
  expect(code).toBe(1);
  const below = (start: string, id: string) => {
    const at = stdout.findIndex((text) => text.startsWith(`${start}: `) && text.includes(id));
    const rest = stdout.slice(at + 1);
    return rest.slice(
      0,
      rest.findIndex((text) => !text.startsWith('  ')),
    );
  };
  const changed = below('changed', eventIdOf(second!.id));
  expect(changed.slice(0, 3)).toEqual([
    `  document: _index ${second!.index}, _id ${second!.id}`,
    '  it says, of itself: at 2026-11-23T01:06:01.000000Z, mallory\\u001b[2J, get, secrets/prod/db-1',
    String.raw`  it contradicts itself: user.name is "mallory\u001b[2J", and its event says "bob"`,
  ]);
  expect(changed[3]).toMatch(
    new RegExp(
      `^ {2}sealed: as _id ${second!.id}, event 2 of 5 of batch \\d+, at 20\\S+Z, read from ${log.path} bytes 0 to \\d+$`,
      'u',
    ),
  );
  // A start that is sealed before the first event has an index of its own.
  const index = Number(second!.id.slice('0123456789abcdef-'.length, -'-0123456789abcdef'.length));
  const before = String.raw`index ${index - 1} \(2026-11-23T01:06:00\.000000Z, \S+ at byte 0\)`;
  expect(changed[4]).toMatch(
    new RegExp(String.raw`^ {2}it stood after ${before}, and before index ${index + 3} \(`, 'u'),
  );
  const both = below('changed', eventIdOf(third!.id));
  expect(
    both.filter((text) => text.includes('contradicts')),
    'an edit of head and event alike shows in no contradiction',
  ).toEqual([]);
  expect(both[1]).toContain('mallory, get, secrets/prod/db-2');
  const missing = below('missing', eventIdOf(fourth!.id));
  expect(missing[0]).toContain(`sealed: as _id ${fourth!.id}, event 4 of 5`);
  const inserted = below('inserted', 'forged');
  expect(inserted[0]).toBe(`  document: _index ${first!.index}, _id forged`);
  expect(inserted[1]).toContain('eve, get, secrets/prod/db-0');
});

test('auditseal show prints one event, raw and readable, and whether it verifies', async () => {
  await using log = await make();
  const [first, second, third] = log.events;
  const eventId = first!.id.slice(0, 29);
  for (const id of [eventId, first!.id]) {
    const whole = await log.show(id);
    expect([whole.code, whole.stderr, whole.stdout.at(-1)]).toEqual([0, '', 'verdict: verified']);
    expect(whole.stdout).toContain(`raw: ${first!.source.toString()}`);
    expect(whole.stdout.some((text) => text.includes('"username": "alice"'))).toBe(true);
  }
  const raw = await log.show(eventId, '--raw');
  expect(raw.stdout).toEqual([first!.source.toString()]);

  await log.put(second!, second!.source.toString().replaceAll('bob', 'mallory'));
  const changed = await log.show(second!.id);
  expect([changed.code, changed.stdout.at(-1)]).toEqual([1, 'verdict: tampered: changed']);

  await log.remove(third!);
  const missing = await log.show(third!.id, '--json');
  expect(missing.code).toBe(1);
  expect(JSON.parse(missing.stdout[0]!)).toMatchObject({
    type: 'event',
    verdict: 'tampered',
    message: 'tampered: missing',
    documents: [],
    seal: { id: third!.id, ordinal: 3, count: 5, before: { index: 0 }, after: { index: 3 } },
  });

  await createDocument(url, log.stream, 'forged', Buffer.from(first!.source));
  await refresh(url, log.stream);
  const forged = await log.show('forged');
  expect([forged.code, forged.stdout.at(-1)]).toEqual([
    1,
    'verdict: tampered: inserted (beside the sealed event)',
  ]);

  const nothing = await log.show('0123456789abcdef-000000000000');
  expect([nothing.code, nothing.stderr]).toEqual([2, '']);
  expect(nothing.stdout.at(-1)).toMatch(/^verdict: could not check: nothing is there by the id/u);
  expect((await log.show('x'.repeat(600))).code).toBe(78);
});
