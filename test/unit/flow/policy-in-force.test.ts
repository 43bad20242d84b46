import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { named } from '../../../agent/flow/named-text.ts';
import { PolicyInForce } from '../../../agent/flow/policy-in-force.ts';
import type { PolicyChange } from '../../../agent/flow/policy-in-force.ts';
import { createLogger, Metrics } from '../../../agent/observe/index.ts';
import { parsePolicy } from '../../../agent/policy/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

const policyText = (verb: string) =>
  `apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ name: ${verb}, level: None, verbs: [${verb}] }]\n`;

/** A folder as the kubelet mounts a ConfigMap: FILE → ..data/FILE, ..data → a folder of the version. */
class ConfigMap {
  readonly file: string;
  readonly #folder: string;
  #version = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, 'policy.yaml');
  }

  /** All at once, by renaming a link. undefined takes the key away. */
  async set(text: string | undefined): Promise<void> {
    const version = `..${++this.#version}`;
    await mkdir(join(this.#folder, version));
    if (text !== undefined) await writeFile(join(this.#folder, version, 'policy.yaml'), text);
    await symlink(version, join(this.#folder, '..data_tmp'));
    await rename(join(this.#folder, '..data_tmp'), join(this.#folder, '..data'));
    if (this.#version === 1) await symlink('..data/policy.yaml', this.file);
    else await rm(join(this.#folder, `..${this.#version - 1}`), { recursive: true });
  }
}

function inForce(file: string, text: string, watch: boolean) {
  const metrics = new Metrics({
    spoolBytesMax: 1,
    freeBytesMin: 1,
    version: '0',
    now: () => new Date(),
    rules: [],
    directories: () => [],
    freeBytes: () => 1,
  });
  const policy = new PolicyInForce({
    file,
    used: { parsed: parsePolicy(text), text: named(text) },
    metrics,
    logger: createLogger('fatal', undefined, 'n'),
    // Only what the test is about wakes it.
    pollMilliseconds: watch ? 600_000 : 5,
    settleMilliseconds: 10,
    watch,
  });
  const stop = new AbortController();
  const followed = policy.follow();
  const changes: PolicyChange[] = [];
  const done = policy.watch(stop.signal);
  return {
    /** What has been told so far, each as its digest or its problem. */
    told: () => {
      changes.push(...followed.changes());
      return changes.map((change) =>
        'used' in change ? change.used.text.sha256 : `${change.refused.problem} ${change.refused.sha256}`,
      );
    },
    metrics: () => metrics.text(),
    used: () => policy.follow().used,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

const eager = { timeout: 120_000, interval: 50 };
const digest = (text: string) => named(text).sha256;

test.each([
  ['by a watcher', true],
  ['without one', false],
])('a changed ConfigMap is taken up %s, and what cannot be used is not', async (_, watch) => {
  await using folder = await temporaryFolder();
  const map = new ConfigMap(folder.path);
  const [first, second, third, wrong] = [
    policyText('get'),
    policyText('list'),
    policyText('watch'),
    'rules: 1',
  ];
  await map.set(first);
  await using policy = inForce(map.file, first, watch);
  const expected: string[] = [];
  const next = async (text: string | undefined, told: string[]) => {
    expected.push(...told);
    // A watcher takes a moment to be there.
    if (watch)
      await vi.waitFor(async () => (await map.set(text), expect(policy.told()).toEqual(expected)), eager);
    else {
      await map.set(text);
      await vi.waitFor(() => expect(policy.told()).toEqual(expected), eager);
    }
  };
  await next(second, [digest(second)]);
  expect(policy.used().parsed.ruleNames).toEqual(['list', 'default']);
  await next(wrong, [`invalid ${digest(wrong)}`]);
  expect(await policy.metrics()).toContain('\nauditseal_policy_refused 1\n');
  expect(policy.used().text.text).toBe(second);
  await next(undefined, ['absent undefined']);
  // As it was before the mistakes: nothing is taken up, and nothing is refused any more.
  await map.set(second);
  await vi.waitFor(
    async () => expect(await policy.metrics()).toContain('\nauditseal_policy_refused 0\n'),
    eager,
  );
  await next(third, [digest(third)]);
  expect(await policy.metrics()).toContain('auditseal_policy_reloads_total{result="success"} 2');
  expect(await policy.metrics()).toContain('auditseal_policy_reloads_total{result="failure"} 2');
});
