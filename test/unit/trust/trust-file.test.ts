import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generateKey } from '../../../agent/seal/index.ts';
import { readTrust } from '../../../agent/trust/index.ts';
import { auditseal } from '../../kit/installation.ts';

const origin = 'prod/cp-1/kube-apiserver/20261123T004438Z';
const one = generateKey(origin).verifier.text;
const again = generateKey(origin).verifier.text;
const two = generateKey('prod/cp-2/kube-apiserver/20261123T004438Z').verifier.text;

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-trust-'));
  file = join(folder, 'trust.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('auditseal trust add', () => {
  test('makes the file, says what it added, and leaves no draft', async () => {
    const { code, stdout } = await auditseal(['trust', 'add', '--trust', file, one]);
    expect([code, stdout]).toEqual([0, [`prod/cp-1/kube-apiserver: added: ${one}`]]);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      v: 1,
      logs: [{ cluster: 'prod', node: 'cp-1', source: 'kube-apiserver', vkey: one }],
      operators: [],
      erasers: [],
    });
    expect(await readdir(folder)).toEqual(['trust.json']);
  });

  test('reads vkeys from standard input, one a line', async () => {
    const { code, stdout } = await auditseal(
      ['trust', 'add', '--trust', file, '-'],
      `${one}\n\n  ${two}\r\n`,
    );
    expect([code, stdout.length]).toEqual([0, 2]);
    expect((await readTrust(file)).logs.map(({ vkey }) => vkey)).toEqual([one, two]);
  });

  test('refuses a second key for a log unless it is told to replace it', async () => {
    await auditseal(['trust', 'add', '--trust', file, one, two]);
    const refused = await auditseal(['trust', 'add', '--trust', file, again]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--replace');
    expect((await readTrust(file)).logs.map(({ vkey }) => vkey)).toEqual([one, two]);
    const same = await auditseal(['trust', 'add', '--trust', file, one]);
    expect([same.code, same.stdout]).toEqual([0, [`prod/cp-1/kube-apiserver: already there: ${one}`]]);
    const replaced = await auditseal(['trust', 'add', '--trust', file, '--replace', again]);
    expect([replaced.code, replaced.stdout]).toEqual([0, [`prod/cp-1/kube-apiserver: replaced: ${again}`]]);
    expect((await readTrust(file)).logs.map(({ vkey }) => vkey)).toEqual([two, again]);
  });

  test('trusts an epoch beside those that the log has', async () => {
    await auditseal(['trust', 'add', '--trust', file, one]);
    const { code, stdout } = await auditseal(['trust', 'add', '--trust', file, '--beside', again]);
    expect([code, stdout]).toEqual([0, [`prod/cp-1/kube-apiserver: added: ${again}`]]);
    expect((await readTrust(file)).logs.map(({ vkey }) => vkey)).toEqual([one, again]);
  });

  test('changes nothing when one of several is no vkey', async () => {
    const { code, stderr } = await auditseal(['trust', 'add', '--trust', file, one, 'nonsense']);
    expect([code, await readdir(folder)]).toEqual([2, []]);
    expect(stderr).toContain('"nonsense" is not <name>+<hex>+<base64>');
  });
});

describe('auditseal trust operator', () => {
  const operator = generateKey('alice@example.com').verifier.text;

  test('adds the key of an operator, once', async () => {
    for (const outcome of ['added', 'already there']) {
      const { code, stdout } = await auditseal(['trust', 'operator', '--trust', file, operator]);
      expect([code, stdout]).toEqual([0, [`operator: ${outcome}: ${operator}`]]);
    }
    expect((await readTrust(file)).operators).toEqual([operator]);
  });

  test('refuses a key of a log, which would speak for itself', async () => {
    const { code, stderr } = await auditseal(['trust', 'operator', '--trust', file, one]);
    expect([code, await readdir(folder)]).toEqual([2, []]);
    expect(stderr).toContain(`is a key of the log ${origin}`);
  });
});

describe('a trust file', () => {
  const log = { cluster: 'prod', node: 'cp-1', source: 'kube-apiserver', vkey: one };
  test.each<[string, unknown, string]>([
    ['of another version', { v: 2, logs: [] }, 'v:'],
    ['with an unknown member', { v: 1, logs: [], more: 1 }, 'more'],
    [
      'with a vkey of another log',
      { v: 1, logs: [{ ...log, node: 'cp-2' }] },
      'logs.0.vkey: is a key of prod/cp-1',
    ],
    ['with a broken vkey', { v: 1, logs: [{ ...log, vkey: one.slice(1) }] }, 'logs.0.vkey: verifier key'],
    ['with a broken operator', { v: 1, logs: [log], operators: ['x'] }, 'operators.0: verifier key'],
    [
      'with a log as its operator',
      { v: 1, logs: [log], operators: [one] },
      'operators.0: is a key of the log',
    ],
    ['that is no JSON', undefined, 'is not a JSON object'],
  ])('%s cannot be used, and verify ends with 2', async (_what, content, message) => {
    await writeFile(file, content === undefined ? '{' : JSON.stringify(content));
    const { code, stderr, stdout } = await auditseal([
      'verify',
      '--url',
      'http://127.0.0.1:1',
      '--trust',
      file,
    ]);
    expect([code, stdout]).toEqual([2, []]);
    expect(stderr).toContain(message);
  });

  test('that is not there is named with the command that makes it', async () => {
    const { code, stderr } = await auditseal(['verify', '--url', 'http://127.0.0.1:1', '--trust', file]);
    expect(code).toBe(2);
    expect(stderr).toContain(`auditseal trust add --trust ${file}`);
  });
});

test('auditseal trust list shows each key and what it is believed for', async () => {
  const alice = generateKey('alice@example.com').verifier.text;
  const carol = generateKey('carol@example.com').verifier.text;
  await auditseal(['trust', 'add', '--trust', file, one, two]);
  await auditseal(['trust', 'operator', '--trust', file, alice]);
  await auditseal(['trust', 'eraser', '--trust', file, carol]);
  const { code, stdout } = await auditseal(['trust', 'list', '--trust', file]);
  expect([code, stdout]).toEqual([
    0,
    [`log       ${one}`, `log       ${two}`, `operator  ${alice}`, `eraser    ${carol}`],
  ]);
  const { stdout: json } = await auditseal(['trust', 'list', '--trust', file, '--json']);
  expect(json.map((line) => JSON.parse(line) as unknown)[2]).toEqual({
    for: 'operator',
    name: 'alice@example.com',
    vkey: alice,
  });
});
