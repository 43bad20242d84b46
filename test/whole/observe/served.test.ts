import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Metrics } from '../../../agent/observe/index.ts';
import { Scene } from '../../kit/scene.ts';
import { parseScrape, scrape } from '../../kit/scrape.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFile(join(root, path), 'utf8');

const rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          // Without it an alert fires at once: what happened once does not go away by waiting.
          for: z.string().optional(),
          labels: z.object({ severity: z.enum(['critical', 'warning']) }),
          annotations: z.object({ summary: z.string(), description: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ),
});

const ruleFiles = ['manifests/prometheus-rules', 'manifests/prometheus-rules-verify'];

const alerts = async () => {
  const files = await Promise.all(
    ruleFiles.map(async (file) => rules.parse(parse(await read(`${file}.yaml`)))),
  );
  return files.flatMap(({ groups }) => groups.flatMap((group) => group.rules));
};

/** Names and labels as they are served, with one source that is declared and one life's series. */
async function declared() {
  const metrics = new Metrics({
    version: '0',
    now: () => new Date('2026-11-23T00:00:00Z'),
    spoolBytesMax: 1,
    freeBytesMin: 1,
    rules: ['default'],
    directories: () => [{ name: 'staff', size: 1, readAt: undefined }],
    freeBytes: () => 1,
  });
  metrics.meter('a');
  metrics.notifications.declare('a');
  return parseScrape(await metrics.text());
}

/** What is counted of endpoints is there where there is one. */
const notifications = {
  endpoints: [{ name: 'a', type: 'alertmanager', url: 'http://127.0.0.1:9', allowPrivateAddresses: true }],
};

const ofOthers = /^auditseal_(?:witness_|last_cosigned_|quorum_|last_time_stamp_)/u;

test('docs/operations.md lists the metrics that are served, with their types and labels, and no others', async () => {
  const documented = new Map<string, string>();
  for (const line of (await read('docs/operations.md')).split('\n')) {
    const [, names = '', types = '', labels = ''] = line.split('|').map((cell) => cell.trim());
    if (!/^`(?:auditseal|process)_/u.test(names)) continue;
    const each = types.split(', ');
    for (const [i, [, name = '']] of [...names.matchAll(/`(\w+)`/gu)].entries())
      documented.set(name, `${each[i] ?? each[0]} ${labels}`);
  }
  const people = join(root, 'test/kit/fixtures/identity/people.csv');
  const more = {
    notifications,
    drift: { enabled: true, auditPolicyFile: join(root, 'manifests/audit-policy.yaml') },
    identity: { directories: [{ name: 'staff', file: { path: people } }] },
  };
  await using scene = await Scene.make({ url: inject('elasticsearchUrl'), more });
  await scene.writer.lines(5);
  const agent = await scene.start();
  await scene.shipped();
  const served = async () => {
    const { described, samples } = await scrape(agent.port);
    const labelsOf = (name: string) => {
      const sample = samples.find((each) => each.name === name || each.name === `${name}_count`);
      // Without witnesses and an authority of times there is no sample of theirs; test/whole/witness has them.
      if (!sample && ofOthers.test(name)) return documented.get(name)?.split(' ').slice(1).join(' ') ?? '';
      return Object.keys(sample?.labels ?? {}).join(', ');
    };
    return Object.fromEntries([...described].map(([name, { type }]) => [name, `${type} ${labelsOf(name)}`]));
  };
  // Some have their first sample when the agent has taken note of the answer.
  await expect.poll(served).toEqual(Object.fromEntries(documented));
});

test('names, units and help follow the conventions of Prometheus', async () => {
  const { described, samples } = await declared();
  const problems: string[] = [];
  for (const [name, { help, type }] of described) {
    if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/u.test(name)) problems.push(`${name}: not in snake case`);
    if ((type === 'counter') !== name.endsWith('_total')) problems.push(`${name}: ${type}, and _total`);
    if (/_(milliseconds|minutes|hours|kilobytes|megabytes|mib|percent|ms)(_|$)/u.test(name))
      problems.push(`${name}: no base unit`);
    if (/_(gauge|counter|histogram|count|sum|bucket)$/u.test(name)) problems.push(`${name}: names its type`);
    if (!/^[A-Z1].{15,}\.$/u.test(help)) problems.push(`${name}: help ${JSON.stringify(help)}`);
    if (name.includes('timestamp') && !name.endsWith('_timestamp_seconds')) problems.push(`${name}: a time`);
  }
  expect(problems).toEqual([]);
  // A counter that is not there at 0 has no first increase.
  for (const [name, label, value] of [
    ['auditseal_gaps_total', 'reason', 'deleted'],
    ['auditseal_retries_total', 'cause', 'unauthorized'],
    ['auditseal_epochs_total', 'reason', 'rolled back'],
    ['auditseal_dropped_events_total', 'rule', 'default'],
  ] as const)
    expect(samples).toContainEqual({ name, labels: { source: 'a', [label]: value }, value: 0 });
});

test('every alert reads metrics and labels that are served, and its runbook is a section of docs/operations.md', async () => {
  const { described } = await declared();
  const known = new Set([...described.keys()].flatMap((name) => [name, `${name}_bucket`]));
  const anchors = [...(await read('docs/operations.md')).matchAll(/^#+ (.+)$/gmu)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
  const all = await alerts();
  expect(all.length).toBeGreaterThan(10);
  for (const { alert, expr, annotations } of all) {
    const names = expr.match(/\b(?:auditseal|process)_\w+/gu) ?? [];
    expect(
      names.filter((name) => !known.has(name)),
      alert,
    ).toEqual([]);
    const [file, anchor = ''] = annotations.runbook.split('#');
    expect(file, alert).toBe('docs/operations.md');
    expect(anchors, alert).toContain(anchor);
  }
});

test('the Grafana dashboard shows every metric that is served, and asks for no other', async () => {
  const { described } = await declared();
  const text = await read('charts/auditseal/files/grafana-dashboard.json');
  const asked = new Set(
    [...text.matchAll(/\b(?:auditseal|process)_[a-z_]+/gu)].map(([name]) => name.replace(/_bucket$/u, '')),
  );
  expect([...asked].toSorted()).toEqual([...described.keys()].toSorted());
});

/** Prometheus' own tool: on PATH, or where a developer has put it. */
function promtool(): string | undefined {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'auditseal');
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), cache];
  return folders.map((folder) => join(folder, 'promtool')).find((path) => existsSync(path));
}

test.for(ruleFiles)('%s.yaml passes the tests that promtool runs on it', async (file, { skip }) => {
  const tool = promtool() ?? skip('promtool is not on PATH (building it takes ten minutes)');
  const run = promisify(execFile);
  await run(tool, ['check', 'rules', '--lint=all', '--lint-fatal', join(root, `${file}.yaml`)]);
  const { stdout } = await run(tool, ['test', 'rules', join(root, `${file}.test.yaml`)]);
  expect(stdout).toContain('SUCCESS');
});

test('what promtool tests covers most alerts', async () => {
  const tested = await Promise.all(ruleFiles.map(async (file) => await read(`${file}.test.yaml`)));
  const fired = new Set(
    [...tested.join('').matchAll(/alertname: (\w+)\n\s+exp_alerts/gu)].map(([, name = '']) => name),
  );
  const names = (await alerts()).map(({ alert }) => alert);
  expect([...fired].filter((name) => !names.includes(name))).toEqual([]);
  expect(fired.size).toBeGreaterThanOrEqual(12);
  const ofVerify = names.filter((name) => name.startsWith('AuditsealVerify'));
  expect(ofVerify.filter((name) => !fired.has(name))).toEqual([]);
});
