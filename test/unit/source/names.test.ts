import { expect, test } from 'vitest';
import { backupNames, compareNames, isStranger } from '../../../agent/source/names.ts';

const parse = backupNames('audit.log');

test.for([
  ['audit-2026-11-23T00-44-38.561.log', 'audit-2026-11-23T00-44-38.561.log', false],
  ['audit-2026-11-23T00-44-38.561.log.gz', 'audit-2026-11-23T00-44-38.561.log', true],
  ['audit.log.1', 'audit.log.1', false],
  ['audit.log.12.gz', 'audit.log.12', true],
  ['audit.log-20261123', 'audit.log-20261123', false],
  ['audit.log-20261123-1795392278.gz', 'audit.log-20261123-1795392278', true],
  ['audit-20261123.log', 'audit-20261123.log', false],
  ['audit-20261123.log.gz', 'audit-20261123.log', true],
  ['audit.1.log', 'audit.1.log', false],
  ['audit.1.log.gz', 'audit.1.log', true],
  ['audit.log.1.zst', 'audit.log.1', true],
  ['audit.log.gz', 'audit.log.gz', true],
  ['audit.log.zst', 'audit.log.zst', true],
  ['audit.log.20261123-004438', 'audit.log.20261123-004438', false],
  ['audit.log.20261123-004438.gz', 'audit.log.20261123-004438', true],
  ['audit-2026-11-23T00-44-38.561.log.1', 'audit-2026-11-23T00-44-38.561.log.1', false],
  ['audit-2026-11-23T00-44-38.561.log.1.gz', 'audit-2026-11-23T00-44-38.561.log.1', true],
] as const)('%s is a backup', ([name, stem, compressed]) => {
  expect(parse(name)).toMatchObject({ stem, compressed });
});

test.for([
  'audit.log',
  'audit-2026-13-23T00-44-38.561.log',
  'audit-2026-11-23T00-44-38.log',
  'auditXlog.1',
  'other-2026-11-23T00-44-38.561.log',
  'audit-2026-11-23T00-44-38.561.log.gz.tmp',
  'audit.log.1.bak',
])('%s is not a backup', (name) => {
  expect(parse(name)).toBeUndefined();
});

test('the time in the name is read as UTC', () => {
  expect(parse('audit-2026-11-23T00-44-38.561.log')?.rotatedAt).toBe(Date.UTC(2026, 10, 23, 0, 44, 38, 561));
});

test('backups sort from the oldest: numbers fall, dates and times rise, strangers come before the writer', () => {
  const names = [
    'audit.log-20261121',
    'audit.log-20261123.gz',
    'audit.log.10.gz',
    'audit.9.log',
    'audit.log.1',
    'audit.log.gz',
    'audit-2025-12-31T23-59-59.999.log.gz',
    'audit-2026-11-23T00-44-38.560.log.1.gz',
    'audit-2026-11-23T00-44-38.561.log',
  ];
  const parsed = names.toReversed().map((name) => parse(name));
  const sorted = parsed.filter((name) => name !== undefined).toSorted(compareNames);
  expect(
    sorted.map(({ stem, compressed }) => (compressed && !stem.endsWith('.gz') ? `${stem}.gz` : stem)),
  ).toEqual(names);
});

test('a live file without an extension has backups too', () => {
  expect(backupNames('audit')('audit-2026-11-23T00-44-38.561')).toMatchObject({ compressed: false });
});

test.for([
  ['audit.log.old', true],
  ['audit-backup.log', true],
  ['audit.log.1.bak', true],
  ['audit_2026.log', true],
  ['audit.log', false],
  ['audit.log.1', false],
  ['auditor.log', false],
  ['other.log.1', false],
  ['policy.yaml', false],
] as const)('%s looks like a file of the rotation and is none that is known: %s', ([name, wanted]) => {
  expect(isStranger('audit.log')(name)).toBe(wanted);
});
