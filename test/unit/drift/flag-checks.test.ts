import { expect, test } from 'vitest';
import { checkFlags, compareFlags } from '../../../agent/drift/flag-checks.ts';
import type { SeenFlags } from '../../../agent/drift/flag-checks.ts';
import { parseFlags } from '../../../agent/drift/flags.ts';

const path = '/var/log/kubernetes/audit.log';
const good = [
  '--audit-policy-file=/etc/kubernetes/policy.yaml',
  `--audit-log-path=${path}`,
  '--audit-log-maxage=30',
  '--audit-log-maxbackup=10',
  '--audit-log-maxsize=100',
];

function seen(args: string[], more: Partial<SeenFlags> = {}): SeenFlags {
  return {
    flags: parseFlags(args),
    where: '/m.yaml',
    isWhole: true,
    version: '1.35',
    kind: 'static pod',
    ...more,
  };
}

function wrong(args: string[], more: Partial<SeenFlags> = {}, read: string[] = []): string[] {
  return checkFlags(seen(args, more), { read, onNode: path })
    .filter(({ state }) => state !== 'ok')
    .map(({ id, state, found }) => `${id} ${state}: ${found}`);
}

test('what the benchmarks ask for is right', () => {
  expect(wrong(good, {}, [path])).toEqual([]);
});

test.each([
  [['--audit-log-maxage=29'], 'flag-audit-log-maxage warning: 29'],
  [['--audit-log-maxbackup=0'], 'flag-audit-log-maxbackup warning: 0, which is no limit'],
  [['--audit-log-maxsize=many'], 'flag-audit-log-maxsize warning: many'],
  [['--audit-log-mode=batch'], 'flag-audit-log-mode problem: batch'],
  [['--audit-log-format=legacy'], 'flag-audit-log-format problem: legacy'],
  [['--audit-log-version=audit.k8s.io/v1beta1'], 'flag-audit-log-version problem: audit.k8s.io/v1beta1'],
  [['--audit-log-truncate-enabled'], 'flag-audit-log-truncate-enabled problem: true'],
  [['--audit-log-path=-'], 'flag-audit-log-path problem: -, which is standard output'],
  [['--audit-policy-file='], 'flag-audit-policy-file problem: not set'],
])('%j', (args, expected) => {
  // The last of a flag counts.
  expect(wrong([...good, ...args])).toContain(expected);
});

test('a flag that is given twice is said', () => {
  expect(wrong([...good, '--audit-log-maxage=40'])).toEqual([
    'flags-repeated warning: audit-log-maxage twice or more',
  ]);
});

test('without limits there are none up to 1.35, and some since 1.36', () => {
  const unset = good.slice(0, 2);
  expect(wrong(unset)).toContain('flag-audit-log-maxage warning: not set: no limit in 1.35');
  expect(wrong(unset, { version: '1.36' })).toEqual([]);
  expect(wrong(unset, { isWhole: false })).toContain(
    'flag-audit-log-maxage unchecked: not set in /m.yaml; it may be elsewhere',
  );
});

test('a log that is not the one that is read is a problem', () => {
  expect(wrong(good, {}, ['/var/log/other.log'])).toEqual([`flag-audit-log-path problem: ${path}`]);
});

const fixOf = (kind: SeenFlags['kind']) =>
  checkFlags(seen(['--audit-log-maxage=1'], { kind }), { read: [], onNode: undefined }).find(
    ({ id }) => id === 'flag-audit-log-maxage',
  )?.fix;

test('the fix is written for where it goes', () => {
  expect(fixOf('static pod')).toBe('- --audit-log-maxage=30');
  expect(fixOf('k3s or RKE2 configuration')).toBe('kube-apiserver-arg+:\n  - audit-log-maxage=30');
  expect(fixOf('file of arguments')).toBe('--audit-log-maxage=30');
});

test('intent and fact are told apart, defaults of /flagz are no difference', () => {
  const process = seen([...good, '--audit-log-mode=batch'], { where: '/proc', kind: 'running process' });
  expect(compareFlags(seen(good), process)).toMatchObject({
    state: 'problem',
    found: 'audit-log-mode is "batch", and not set is written',
  });
  const flagz = seen([...good, '--audit-log-mode=blocking', '--audit-log-format=json'], { where: '/flagz' });
  expect(compareFlags(seen(good), flagz).state).toBe('ok');
  expect(compareFlags(seen([...good, '--audit-log-maxage=60']), flagz).found).toBe(
    'audit-log-maxage is "30", and "60" is written',
  );
});
