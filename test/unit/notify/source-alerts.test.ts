import { expect, test } from 'vitest';
import { builtInRules } from '../../../agent/detect/index.ts';
import type { Rule } from '../../../agent/detect/index.ts';
import { parseEvent } from '../../../agent/event/index.ts';
import { alertBytesMax, parseAlert } from '../../../agent/notify/alert.ts';
import { isUrgent, SourceAlerts } from '../../../agent/notify/index.ts';
import type { Wish } from '../../../agent/notify/wish.ts';
import type { Manifest, Notice } from '../../../agent/seal/index.ts';

const names = { cluster: 'prod', node: 'cp-1', source: 'kube-apiserver' };
const at = '2026-11-23T01:06:03.433Z';
const wish = (members: Partial<Wish> = {}): Wish => ({
  name: 'security',
  minSeverity: 'high',
  rules: new Set(),
  exceptRules: new Set(),
  notices: true,
  ...members,
});
const manifest = (members: Partial<Manifest> = {}) =>
  ({ origin: 'o', batch: 7, sealedAt: at, gaps: [], notices: [], ...members }) as unknown as Manifest;
const rules = (...ids: string[]): Rule[] =>
  ids.map((id) => builtInRules().find(({ text }) => text.id === id)!);

function event(user: string, name = 'web-0') {
  return parseEvent(
    Buffer.from(
      JSON.stringify({
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        stage: 'ResponseComplete',
        verb: 'create',
        user: { username: user },
        sourceIPs: ['198.51.100.1', '192.0.2.7'],
        objectRef: { resource: 'pods', subresource: 'exec', namespace: 'lab', name },
        stageTimestamp: '2026-11-23T01:06:03.433599Z',
      }),
    ),
  )!;
}

function told(wishes: Wish[], fill: (alerts: SourceAlerts) => void, of = manifest()) {
  const alerts = new SourceAlerts(names, wishes);
  fill(alerts);
  return alerts
    .take(of)
    .map(({ endpoint, key, body }) => ({ endpoint, key, alert: parseAlert(body)!, body }));
}

const match = (user: string, fired: Rule[], index = 3) => ({
  fired,
  event: event(user),
  logId: 'ab',
  index,
  readAt: new Date(at),
});

test('of the rules that found an event an endpoint is told the most urgent that it wants', () => {
  const fired = rules('exec-into-pod', 'exec-into-kube-system', 'exec-reverse-shell');
  const wishes = [
    wish({ name: 'high' }),
    wish({ name: 'all', minSeverity: 'low', exceptRules: new Set(['exec-reverse-shell']) }),
    wish({
      name: 'one',
      minSeverity: 'critical',
      rules: new Set(['exec-into-pod']),
      exceptRules: new Set(['exec-reverse-shell']),
    }),
    wish({ name: 'none', minSeverity: 'critical', exceptRules: new Set(['exec-reverse-shell']) }),
  ];
  const found = told(wishes, (alerts) => alerts.match(match('mallory', fired)));
  const [most] = fired.toSorted((a, b) => b.stamp.severity - a.stamp.severity);
  expect(found.map(({ endpoint, alert: { rule } }) => [endpoint, rule])).toEqual([
    ['high', most!.text.id],
    ['all', 'exec-into-kube-system'],
    ['one', 'exec-into-pod'],
  ]);
  expect(found[0]!.alert.samples).toEqual([
    {
      at,
      verb: 'create',
      resource: 'pods/exec lab/web-0',
      user: 'mallory',
      address: '192.0.2.7',
      eventId: 'ab-000000000003',
      also: fired.filter((rule) => rule !== most).map(({ text }) => text.id),
    },
  ]);
});

/** Half of the matches are of another user. */
const fill = (alerts: SourceAlerts) => {
  for (let n = 0; n < 500; n += 1)
    alerts.match(match(n % 2 ? 'eve' : 'mallory', rules('exec-into-kube-system'), n));
};

test('a batch has one alert a rule and user, with all counted; its key is that of the batch and nothing else', () => {
  const [first, second, ...more] = told([wish()], fill);
  expect(more).toEqual([]);
  expect([first!.alert.count, second!.alert.count]).toEqual([250, 250]);
  expect(first!.alert.samples).toHaveLength(3);
  expect(told([wish()], fill).map(({ key }) => key)).toEqual([first!.key, second!.key]);
  const next = told([wish()], fill, manifest({ batch: 8 }));
  expect(next.map(({ key }) => key)).not.toContain(first!.key);
});

test('a flood of small things under many names is bounded, hides nothing greater, and all is counted', () => {
  const found = told([wish({ minSeverity: 'low' })], (alerts) => {
    for (let n = 0; n < 5000; n += 1) alerts.match(match(`user-${n}`, rules('exec-into-pod'), n));
    alerts.match(match('mallory', rules('exec-into-kube-system')));
    for (let n = 0; n < 5000; n += 1) alerts.match(match(`again-${n}`, rules('exec-into-pod'), n));
  });
  expect(found.length).toBeLessThanOrEqual(52);
  expect(found.filter(({ alert }) => alert.rule === 'exec-into-kube-system')).toMatchObject([
    { alert: { subject: 'mallory', count: 1 } },
  ]);
  expect(found.reduce((sum, { alert }) => sum + alert.count, 0)).toBe(10_001);
});

test('whatever clients call themselves, an alert has its bound', () => {
  for (const name of ['\u{1F600}'.repeat(5000), '\n'.repeat(5000), 'x'.repeat(5000)])
    for (const { body, alert } of told([wish()], (alerts) => {
      for (let n = 0; n < 10; n += 1) alerts.match(match(name, rules('exec-into-kube-system'), n));
    })) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(alertBytesMax);
      expect(alert.count).toBe(10);
    }
});

const notices: [Notice, string | undefined][] = [
  [{ kind: 'epoch', at, reason: 'rolled back' }, 'epoch'],
  [{ kind: 'epoch', at, reason: 'age' }, undefined],
  [{ kind: 'paused', at, reason: 'disk' }, 'paused'],
  [{ kind: 'detect', at, rule: 'x', state: 'off', until: at }, 'detect'],
  [{ kind: 'detect', at, rules: 'sha256:' }, undefined],
  [{ kind: 'notify', at, endpoint: 'other', state: 'off', why: 'answered 410' }, 'notify'],
  [{ kind: 'notify', at, endpoint: 'security', state: 'off', why: 'answered 410' }, undefined],
  [{ kind: 'drift', at, check: 'clock', state: 'problem', found: 'a', expected: 'b' }, 'drift-clock'],
  [{ kind: 'drift', at, check: 'clock', state: 'ok', found: 'a', expected: 'b' }, undefined],
  [
    { kind: 'drift', at, check: 'audit-policy', state: 'warning', found: 'a', expected: 'b', changes: ['c'] },
    'drift-audit-policy',
  ],
  [{ kind: 'stop', at }, undefined],
];

test.each(notices)('of what a manifest says beside its events: %j is told as %s', (notice, rule) => {
  const found = told([wish()], () => undefined, manifest({ notices: [notice] }));
  expect(found.map(({ alert }) => alert.rule)).toEqual(rule === undefined ? [] : [rule]);
  expect(told([wish({ notices: false })], () => undefined, manifest({ notices: [notice] }))).toEqual([]);
  if (rule !== undefined) expect(isUrgent(notice)).toBe(true);
});

test('gaps of a batch are one alert, as grave as the worst of them', () => {
  const gaps = [{ reason: 'unproven' }, { reason: 'deleted' }];
  expect(told([wish({ minSeverity: 'medium' })], () => undefined, manifest({ gaps }))).toMatchObject([
    { alert: { rule: 'gap', severity: 'high', count: 2 } },
  ]);
});
