import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { testReal } from '../../kit/real.ts';

const run = promisify(execFile);
const recorded = join(import.meta.dirname, '../../kit/fixtures/policy-checker.json.gz');
const auditPolicy = join(import.meta.dirname, '../../../manifests/audit-policy.yaml');

interface Generated {
  generated: { policy: object; decisions: string }[];
  rules: object[];
  matches: string[];
}

/** What the program says, built with an apiserver's code of that version. */
async function checker(version: string, ...parameters: string[]): Promise<string> {
  await using folder = await temporaryFolder();
  await cp(join(import.meta.dirname, 'checker'), folder.path, { recursive: true });
  const go = async (...words: string[]) =>
    (await run('go', words, { cwd: folder.path, maxBuffer: 256 * 1024 * 1024 })).stdout;
  await go('mod', 'init', 'checker');
  await go('get', `k8s.io/apiserver@${version}`);
  await go('mod', 'tidy');
  return await go('run', '.', ...parameters);
}

const isForEveryGroup = (rule: object) => JSON.stringify(rule).includes('"group":"*"');

testReal('an apiserver of 1.37 says of random policies and requests what was recorded of it', async () => {
  expect(await checker('v0.37.0')).toBe(gunzipSync(await readFile(recorded)).toString());
});

testReal('one of 1.35 says the same, but of the group "*", which matches nothing there', async () => {
  const newest = JSON.parse(gunzipSync(await readFile(recorded)).toString()) as Generated;
  const older = JSON.parse(await checker('v0.35.4')) as Generated;
  const alike = ({ generated }: Generated) => generated.filter(({ policy }) => !isForEveryGroup(policy));
  expect(alike(older)).toEqual(alike(newest));
  expect(alike(older).length).toBeGreaterThan(500);
  const different = older.rules.filter((_, index) => older.matches[index] !== newest.matches[index]);
  expect(different.length).toBeGreaterThan(10);
  expect(different.filter((rule) => !isForEveryGroup(rule))).toEqual([]);
});

testReal.each(['v0.35.4', 'v0.37.0'])(
  'an apiserver with the code of %s takes the recommended policy, and omits RequestReceived of all but patches',
  async (version) => {
    const decisions = JSON.parse(await checker(version, auditPolicy)) as Record<string, string[]>;
    for (const [verb, those] of Object.entries(decisions)) {
      const omitted = new Set(those.map((decision) => decision.slice(1)));
      expect({ verb, omitted }).toEqual({ verb, omitted: new Set([verb === 'patch' ? '0' : '1']) });
    }
    expect(Object.keys(decisions)).toHaveLength(8);
  },
);
