import { array, assert, constantFrom, infiniteStream, integer, nat, property, record } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { expect, test } from 'vitest';
import { Detector, loadRules, parseRules, parseWindows, ruleSet } from '../../../agent/detect/index.ts';
import type { RuleSet } from '../../../agent/detect/index.ts';
import { parseEvent } from '../../../agent/event/index.ts';

const ownNamespace = 'auditseal';
const readAt = new Date('2027-01-01T00:00:00Z');

/** Few values, so that combinations repeat. */
const random = record({
  user: constantFrom<string>('alice', 'bob', 'system:serviceaccount:lab:app'),
  verb: constantFrom<string>('get', 'delete', 'create', 'list'),
  resource: constantFrom<string>('secrets', 'pods', 'roles'),
  name: nat(12).map((n) => `o${n}`),
  code: constantFrom<number>(200, 200, 403, 404, 500),
  step: nat(90),
});

type Random = typeof random extends Arbitrary<infer T> ? T : never;

function linesOf(events: readonly Random[]): Buffer[] {
  let seconds = 0;
  return events.map(({ user, verb, resource, name, code, step }) => {
    seconds += step;
    return Buffer.from(
      JSON.stringify({
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Metadata',
        stage: 'ResponseComplete',
        requestURI: '/',
        verb,
        user: { username: user, groups: [] },
        sourceIPs: ['10.0.0.1'],
        objectRef: { resource, name, ...(resource === 'roles' && { apiGroup: 'rbac.authorization.k8s.io' }) },
        responseStatus: { code },
        stageTimestamp: new Date(Date.parse('2026-11-23T01:00:00Z') + seconds * 1000).toISOString(),
      }),
    );
  });
}

const detectorOf = (rules: RuleSet, stored?: string) =>
  new Detector({ ruleSet: rules, ownNamespace, windows: parseWindows(stored) });
const idsAt = (detector: Detector, line: Buffer) =>
  detector.detect(parseEvent(line)!, line, readAt).map(({ text }) => text.id);

const windows = parseRules(
  [
    'count: 3',
    'distinct: { of: event.objectRef.name, count: 3 }',
    'first_seen: { learn_seconds: 600 }',
    'after: event.verb == "create"',
  ]
    .map(
      (kind, i) => `
  - id: rule-${i}
    title: t
    when: ${i === 3 ? 'event.verb == "delete"' : 'event.verb != "create"'}
    severity: low
    next: n.
    false_positives: f
    needs: Metadata
    window: { by: [event.user.username], seconds: 900, ${kind} }`,
    )
    .reduce((all, one) => all + one, 'rules:'),
  'rules',
);
const rules = ruleSet([...windows, ...loadRules().rules]);

test(
  'windows survive a crash anywhere: what is stored with a batch and read again finds the same',
  { timeout: 120_000 },
  () => {
    let found = 0;
    assert(
      property(
        array(random, { minLength: 1, maxLength: 150 }),
        infiniteStream(record({ batch: integer({ min: 1, max: 30 }), crash: nat(40) })),
        (events, lives) => {
          const lines = linesOf(events);
          const straight = detectorOf(rules);
          const expected = lines.map((line) => idsAt(straight, line));
          found += expected.flat().length;

          const seen: string[][] = [];
          let [durable, stored]: [number, string | undefined] = [0, undefined];
          for (const { batch, crash } of lives) {
            if (durable >= lines.length) break;
            const detector = detectorOf(rules, stored);
            const end = Math.min(lines.length, durable + batch);
            // A life that reads some of the batch and dies leaves nothing behind.
            for (const line of lines.slice(durable, Math.min(end, durable + crash))) idsAt(detector, line);
            const next = detectorOf(rules, stored);
            // As the batch before it did: what is given once must not be given again.
            expect(next.stored).not.toBe('');
            for (let at = durable; at < end; at += 1) seen[at] = idsAt(next, lines[at]!);
            stored = next.stored;
            durable = end;
          }
          expect(seen).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
    expect(found).toBeGreaterThan(100);
  },
);

test('what is remembered is bounded, however many come', () => {
  const detector = detectorOf(rules);
  for (let i = 0; i < 5000; i += 1) {
    const [line] = linesOf([
      { user: `u${i}`, verb: 'get', resource: 'secrets', name: `n${i}`, code: 404, step: 0 },
    ]);
    idsAt(detector, line!);
  }
  const entries = Object.values(parseWindows(detector.stored)!).map((state) => state.entries.length);
  expect(Math.max(...entries)).toBe(1024);
  expect(detector.stored.length).toBeLessThan(1024 * 1024);
});

const one = (seconds: number) =>
  ruleSet(
    parseRules(
      `rules: [{ id: a, title: t, when: event.verb == "get", severity: low, next: n, false_positives: f, needs: Metadata, window: { by: [event.user.username], seconds: ${seconds}, count: 2 } }]`,
      'rules',
    ),
  );

test('a rule that was changed begins anew, one that is the same goes on', () => {
  const [line] = linesOf([{ user: 'alice', verb: 'get', resource: 'pods', name: 'n', code: 200, step: 0 }]);
  for (const [seconds, expected] of [
    [60, ['a']],
    [61, []],
  ] as const) {
    const detector = detectorOf(one(60));
    expect(idsAt(detector, line!)).toEqual([]);
    detector.use(one(seconds));
    expect(idsAt(detector, line!)).toEqual(expected);
  }
});

test('what was stored and is damaged is no reason to stop', () => {
  for (const text of ['', '{', '[]', '{"rule-0":1}', 'null']) expect(parseWindows(text)).toBeUndefined();
});
