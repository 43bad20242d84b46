import { chmod, mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DriftError, examine, readExpectations } from '../../../agent/drift/index.ts';
import type { Finding } from '../../../agent/drift/index.ts';
import { MetricsParser, parseFlagz } from '../../../agent/drift/apiserver.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

const signal = new AbortController().signal;
const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
const of = (findings: readonly Finding[], id: string) => findings.find((finding) => finding.id === id);

/** A folder as /proc shows a process: started `seconds` after boot at 1,000,000,000. */
async function procWith(folder: string, pid: number, args: string[], seconds: number): Promise<string> {
  const proc = join(folder, 'proc');
  await mkdir(join(proc, String(pid)), { recursive: true });
  await writeFile(join(proc, 'stat'), 'cpu 1\nbtime 1000000000\n');
  await writeFile(join(proc, String(pid), 'cmdline'), `${args.join('\0')}\0`);
  const fields = Array.from({ length: 40 }, (_, i) => (i === 19 ? seconds * 100 : i));
  await writeFile(join(proc, String(pid), 'stat'), `${pid} (a name) with) ${fields.join(' ')}\n`);
  return proc;
}

test('a policy file that is newer than the process is not in force', async () => {
  await using folder = await temporaryFolder();
  const auditPolicyFile = join(folder.path, 'policy.yaml');
  await writeFile(auditPolicyFile, `${head}rules: [{level: Metadata}]\n`);
  const proc = await procWith(folder.path, 7, ['/usr/bin/kube-apiserver', '--audit-log-maxage=3'], 500);
  const look = async (seconds: number) => {
    await utimes(auditPolicyFile, seconds, seconds);
    return (await examine({ logPaths: [], auditPolicyFile, proc }, signal)).findings;
  };
  const older = await look(1_000_000_499);
  expect(of(older, 'audit-policy-in-force')?.state).toBe('ok');
  expect(of(older, 'flag-audit-log-maxage')).toMatchObject({ state: 'warning', found: '3' });
  expect(of(await look(1_000_000_501), 'audit-policy-in-force')?.state).toBe('warning');
});

test('of two processes of that name nobody knows which is the apiserver', async () => {
  await using folder = await temporaryFolder();
  await procWith(folder.path, 7, ['kube-apiserver'], 1);
  const proc = await procWith(folder.path, 8, ['/tmp/kube-apiserver', '--audit-log-maxage=999'], 1);
  await procWith(folder.path, 9, ['kubelet', 'kube-apiserver'], 1);
  const { findings } = await examine({ logPaths: [], proc }, signal);
  expect(of(findings, 'process')).toMatchObject({
    state: 'warning',
    found: expect.stringMatching(/^2, /u) as string,
  });
  expect(of(findings, 'flag-audit-log-maxage')).toBeUndefined();
});

test('mode and owner of the log; an absent policy has a proposal', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.log');
  await writeFile(log, '');
  await chmod(log, 0o644);
  const auditPolicyFile = join(folder.path, 'none.yaml');
  const { findings } = await examine(
    { logPaths: [log], apiserverPath: 'test/kit/fixtures/drift/kind', auditPolicyFile },
    signal,
  );
  expect(of(findings, 'log-mode')).toMatchObject({
    state: 'warning',
    found: expect.stringMatching(/^0644/u) as string,
  });
  expect(of(findings, 'audit-policy')).toMatchObject({ state: 'problem' });
  expect(of(findings, 'audit-policy')?.fix).toContain('auditseal doctor --propose');
  // What the flags name is not what is read.
  expect(of(findings, 'flag-audit-log-path')?.state).toBe('problem');
});

test.each([
  [
    'one rule of everything, as the STIG wants it',
    '[{level: RequestResponse}]',
    ['audit-policy-benchmarks', 'audit-policy-credentials'],
  ],
  ['everything at Metadata', '[{level: Metadata}]', []],
  ['nothing', '[{level: None}]', ['audit-policy-coverage', 'audit-policy-credentials']],
  [
    'group * on 1.35',
    `[{level: Metadata, resources: [{group: '*', resources: ['*']}]}]`,
    ['audit-policy-any-group', 'audit-policy-coverage', 'audit-policy-credentials'],
  ],
  ['a typo', '[{level: Metadata, omitStage: [Panic]}]', ['audit-policy-strict']],
  [
    'ResponseStarted omitted',
    '[{level: Metadata, omitStages: [ResponseStarted]}]',
    ['audit-policy-response-started'],
  ],
])('%s', async (_, rules, expected) => {
  await using folder = await temporaryFolder();
  const auditPolicyFile = join(folder.path, 'policy.yaml');
  await writeFile(auditPolicyFile, `${head}rules: ${rules}\n`);
  const { findings } = await examine({ logPaths: [], auditPolicyFile, version: '1.35' }, signal);
  const wrong = findings.filter(({ state, id }) => state === 'warning' && id !== 'audit-policy-mode');
  expect(wrong.map(({ id }) => id).toSorted()).toEqual(expected);
});

test('expectations: what is met is right, what is accepted is said so, and the file is a finding itself', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'expect.yaml');
  const look = async (text: string) => {
    await writeFile(file, text);
    const expectations = await readExpectations(file);
    return (
      await examine({ logPaths: [], apiserverPath: 'test/kit/fixtures/drift/kubeadm', expectations }, signal)
    ).findings;
  };
  const found = await look(
    'flags: {audit-log-maxage: "5", audit-log-maxbackup: "20", audit-webhook-config-file: null}\naccept: {flag-audit-log-mode: known since 2024}\n',
  );
  expect(of(found, 'flag-audit-log-maxage')).toMatchObject({ state: 'ok', why: 'your file of expectations' });
  expect(of(found, 'flag-audit-log-maxbackup')).toMatchObject({
    state: 'warning',
    found: '10',
    expected: '20',
  });
  expect(of(found, 'flag-audit-webhook-config-file')?.state).toBe('ok');
  expect(of(found, 'flag-audit-log-mode')).toMatchObject({
    state: 'ok',
    found: 'batch (accepted: known since 2024)',
  });
  expect(of(found, 'expectations')?.found).toMatch(/^sha256:[0-9a-f]{64}, 1 accepted$/u);
  const again = await look('accept: {flag-audit-log-maxage: why not}\n');
  expect(of(again, 'expectations')?.found).not.toBe(of(found, 'expectations')?.found);
  await writeFile(file, 'flag: {}\nauditPolicy: md5:1');
  await expect(readExpectations(file)).rejects.toThrow(DriftError);
  await expect(readExpectations(file)).rejects.toThrow(/auditPolicy: must be sha256/u);
});

test('/flagz is read in each of its delimiters, and as JSON', () => {
  for (const delimiter of [':', ': ', '=', ' '])
    expect(
      parseFlagz(
        `kube-apiserver flagz\nWarning: this is\n\naudit-log-path${delimiter}/a b\nv${delimiter}2\n`,
      ).get('audit-log-path'),
    ).toBe('/a b');
  expect(parseFlagz('{"kind":"Flagz","flags":{"audit-log-maxage":"30"}}').get('audit-log-maxage')).toBe('30');
});

test('of the metrics only what is about auditing is taken', () => {
  const parser = new MetricsParser();
  const lines = [
    '# HELP apiserver_audit_error_total x',
    'apiserver_audit_error_total{plugin="log"} 2',
    'apiserver_audit_error_total{plugin="buffered"} 1',
    'apiserver_audit_level_total{level="Metadata"} 1.5e+03',
    'apiserver_audit_requests_rejected_total 4',
    'process_start_time_seconds 1.7e+09',
    'kubernetes_build_info{build_date="x",git_version="v1.35.4",major="1"} 1',
    'apiserver_audit_level_total{level="RequestResponse"} NaN',
    'not a metric',
  ];
  for (const line of lines) parser.take(line);
  expect(parser.end()).toEqual({
    levels: new Map([['Metadata', 1500]]),
    errors: 3,
    rejected: 4,
    startedAt: new Date(1_700_000_000_000),
    version: '1.35',
  });
});
