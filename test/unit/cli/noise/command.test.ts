import { execFile } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { main } from '../../../kit/agent/programs.ts';
import { temporaryFolder } from '../../../kit/agent/index.ts';

interface Ended {
  code: number;
  out: string;
  error: string;
}

/** Runs the command as a shell would. */
function auditseal(args: string[], input?: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], { maxBuffer: 1e9 }, (_, out, error) =>
      resolve({ code: child.exitCode ?? -1, out, error }),
    );
    if (input === undefined) child.stdin?.end();
    else createReadStream(input).pipe(child.stdin!);
  });
}

const samples = 'test/kit/fixtures/samples.jsonl';
const rotating = 'test/kit/fixtures/rotating';

const event = (members: string) =>
  `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","stage":"ResponseComplete","verb":"create","requestURI":"/x?token=s3cret-value","user":{"username":"alice"},"objectRef":{"resource":"pods","namespace":"lab","name":"a"},${members}"sourceIPs":["10.0.0.1"]}\n`;

test('noise says the same of a log, of its standard input and of its compressed form', async () => {
  await using folder = await temporaryFolder();
  const compressed = join(folder.path, 'a.log.gz');
  await writeFile(compressed, gzipSync(readFileSync(samples)));
  const all = await Promise.all([
    auditseal(['noise', '--json', samples]),
    auditseal(['noise', '--json', '-'], samples),
    auditseal(['noise', '--json', compressed]),
  ]);
  expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(new Set(all.map(({ out }) => out)).size).toBe(1);
  expect(JSON.parse(all[0].out)).toMatchObject({ events: 200, by: { stage: expect.any(Array) as unknown } });
});

test('noise reads the rotated files beside a log, and prints tables, what is kept, and rules', async () => {
  const { code, out } = await auditseal(['noise', '--rotated', '--top', '3', `${rotating}/audit.log`]);
  expect(code).toBe(0);
  expect(out).toMatch(/^5,022 events, /u);
  expect(out).toMatch(/events\/s, \d+\.\d\d GB a day/u);
  for (const heading of ['STAGE', 'USER', 'VERB', 'RESOURCE', 'USER AGENT', 'DROPPED BY'])
    expect(out).toMatch(new RegExp(`^${heading} `, 'mu'));
  expect(out).toMatch(/the policy in force keeps \d+\.\d % of events/u);
});

test('noise follows the policy of a configuration', async () => {
  await using folder = await temporaryFolder();
  const policyFile = join(folder.path, 'policy.yaml');
  await writeFile(
    policyFile,
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: None, name: nothing }]\n',
  );
  const config = join(folder.path, 'auditseal.yaml');
  await writeFile(
    config,
    `cluster: a\nsources: [{ name: a, path: /a.log }]\nelasticsearch: { urls: [https://a.test] }\npolicyFile: ${policyFile}\n`,
  );
  const { out } = await auditseal(['noise', '--json', '-c', config, samples]);
  expect(JSON.parse(out)).toMatchObject({ policy: { dropped: [{ name: 'nothing' }] } });
  await writeFile(policyFile, 'rules: 1\n');
  expect((await auditseal(['noise', '-c', config, samples])).code).toBe(78);
});

test('a file that cannot be read is 2, with its name', async () => {
  const { code, error } = await auditseal(['noise', '/does/not/exist.log']);
  expect(code).toBe(2);
  expect(error).toContain('/does/not/exist.log');
});

test('explain tells which rule decided, why no rule before it did, and what would be redacted, without the value', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'audit.log');
  await writeFile(
    log,
    `${event('"requestObject":{"spec":{"containers":[{"env":[{"name":"A_TOKEN","value":"s3cret-value"}]}]}},')}torn s3cret-value\n`,
  );
  const json = await auditseal(['explain', '--json', log]);
  const [first, second] = json.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toMatchObject({
    line: 1,
    event: { stage: 'ResponseComplete', verb: 'create', user: 'alice', what: 'pods/lab/a' },
    decision: { rule: 'default', action: 'keep' },
    managedFields: [],
  });
  const before = first!['before'] as { rule: string; condition: string }[];
  expect(before[0]).toEqual({ rule: 'secrets', condition: 'resources', reads: ['event.objectRef'] });
  expect(before).toContainEqual(expect.objectContaining({ rule: 'component-reads', condition: 'users' }));
  expect(first!['redacted']).toContainEqual(
    expect.objectContaining({ path: '/requestObject/spec/containers/0/env/0/value' }),
  );
  expect(second).toMatchObject({ line: 2 });
  expect(second).not.toHaveProperty('event');
  const text = await auditseal(['explain', log]);
  expect(text.out).toContain('1: create pods/lab/a by alice, ResponseComplete: kept by default\n');
  expect(text.out).toContain('    not secrets: resources (event.objectRef)\n');
  expect(json.out + text.out).not.toContain('s3cret-value');
});
