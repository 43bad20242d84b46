import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../../kit/agent/index.ts';
import { Attacked } from '../../../kit/attacked.ts';
import { auditseal } from '../../../kit/installation.ts';

const run = promisify(execFile);
const url = inject('elasticsearchUrl');

const state = z.object({ cluster_name: z.string(), cluster_uuid: z.string() });

test('a report is a workpaper: who ran what when against which cluster, with its own digest beside it', async () => {
  await using log = await Attacked.make(url);
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'report.txt');
  await log.installation.remove('events', log.events[1]!.id);
  const now = log.writer.now.toISOString();
  const asked = ['--trust', log.trust, '--now', now, '--report', file];
  const { code, all } = await log.installation.verify(...asked);
  expect([code, all.stderr]).toEqual([1, '']);

  expect(await readFile(file, 'utf8')).toBe(`${all.stdout.join('\n')}\n`);
  const { stdout } = await run('sha256sum', ['-c', 'report.txt.sha256'], { cwd: folder.path });
  expect(stdout).toBe('report.txt: OK\n');
  expect((await stat(file)).mode & 0o777, 'it has names of users').toBe(0o600);

  const cluster = state.parse(await (await fetch(`${url}/_cluster/state/none`)).json());
  const { stdout: digest } = await run('sha256sum', [log.trust]);
  expect(all.stdout.slice(0, 5)).toEqual([
    expect.stringMatching(/^auditseal \d+\.\d+\.\d+ \(Node \S+\), at 20\d\d-\S+Z$/u),
    `command: auditseal verify --url ${url} --namespace ${log.installation.namespace} ${asked.join(' ')}`,
    `run by: ${userInfo().username} (uid ${userInfo().uid}) on ${hostname()}`,
    `elasticsearch: cluster ${cluster.cluster_name}, UUID ${cluster.cluster_uuid}`,
    `trust file: ${log.trust}, SHA-256 ${digest.split(' ')[0]}`,
  ]);

  const again = await log.installation.verify(...asked);
  expect(again.all.stderr).toContain('is there already, and no report is overwritten');
  expect([again.code, again.all.stdout]).toEqual([2, []]);
  expect((await run('sha256sum', ['-c', 'report.txt.sha256'], { cwd: folder.path })).stdout).toBe(stdout);
});

test('what could not be checked is in the report, too; credentials in a URL are not', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'report');
  const secret = 'http://somebody:secret@127.0.0.1:1/?token=secret';
  const { code, stderr } = await auditseal(['verify', '--url', secret, '--report', file]);
  expect(code).toBe(2);
  const report = await readFile(file, 'utf8');
  expect(report).toContain('command: auditseal verify --url http://127.0.0.1:1 --report');
  expect(report).toMatch(/^verdict: could not check: .*127\.0\.0\.1/mu);
  expect(`${report}${stderr}`).not.toContain('secret');
  await run('sha256sum', ['-c', 'report.sha256'], { cwd: folder.path });
});

test('a report that cannot be made is told before Elasticsearch is asked, and leaves nothing behind', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'report');
  await writeFile(`${file}.sha256`, 'of an earlier one\n');
  const { code, stdout, stderr } = await auditseal([
    'verify',
    '--url',
    'http://127.0.0.1:1',
    '--report',
    file,
  ]);
  expect([code, stdout]).toEqual([2, []]);
  expect(stderr).toContain(`${file}.sha256 is there already`);
  expect(await readdir(folder.path)).toEqual(['report.sha256']);
});
