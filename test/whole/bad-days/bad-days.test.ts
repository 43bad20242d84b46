import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import { manifestsOf, verify } from '../../kit/agent/index.ts';
import {
  allDocuments,
  createDocument,
  deleteDocument,
  putSource,
  refresh,
} from '../../kit/elasticsearch/index.ts';
import { auditseal } from '../../kit/installation.ts';
import { Scene } from '../../kit/scene.ts';
import { statusOf } from '../../kit/status.ts';

const url = inject('elasticsearchUrl');

let page: string;
beforeAll(async () => {
  page = await readFile(join(import.meta.dirname, '../../../docs/bad-days.md'), 'utf8');
});

/** A node that has delivered thirty events, and an auditor who keeps its key and signs with one of his own. */
class Node implements AsyncDisposable {
  readonly scene: Scene;
  readonly trust: string;
  readonly key: string;
  /** Origins, oldest first. */
  readonly origins: string[] = [];

  private constructor(scene: Scene) {
    this.scene = scene;
    this.trust = join(scene.folder, 'trust.json');
    this.key = join(scene.folder, 'operator.key');
  }

  static async make(): Promise<Node> {
    const node = new Node(await Scene.make({ url, more: { heartbeatSeconds: 1 } }));
    await node.deliver(30);
    await node.believe();
    const { stdout } = await auditseal(['statement', 'key', '--out', node.key]);
    await auditseal(['trust', 'operator', '--trust', node.trust, stdout[0] ?? '']);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scene[Symbol.asyncDispose]();
  }

  /** An agent delivers so many new lines, and stops. `again`: it also delivers what it delivered before. */
  async deliver(lines: number, again = 0): Promise<void> {
    await this.scene.writer.lines(lines);
    const agent = await this.scene.start();
    await this.scene.shipped(this.scene.count + again);
    expect(await agent.stop()).toBe(0);
  }

  /** Adds the key of the epoch that is being written to the trust file. */
  async believe(...options: string[]): Promise<void> {
    const { text } = await statusOf(join(this.scene.folder, 'state'), '--json');
    const { vkey } = JSON.parse(text) as { vkey: string };
    this.origins.push(vkey.split('+', 1)[0] ?? '');
    const { code } = await auditseal(['trust', 'add', ...options, '--trust', this.trust, vkey]);
    expect(code).toBe(0);
  }

  async sign(...statement: string[]): Promise<void> {
    const where = [
      '--key',
      this.key,
      '--url',
      url,
      '--namespace',
      this.scene.namespace,
      '--why',
      'change 4711',
    ];
    const { code, stderr } = await auditseal(['statement', ...statement, ...where]);
    expect([code, stderr]).toEqual([0, '']);
  }

  /** The findings, the verdict and the exit code, in the words of the page: origins by their place in the story. */
  async verified(...options: string[]): Promise<string[]> {
    for (const stream of [eventStream, recordStream]) await refresh(url, stream(this.scene.namespace));
    const { lines, exitCode } = await verify(url, this.scene.namespace, options);
    const found = lines.filter((line) => isSaid.test(line));
    return [...found, `exit ${exitCode}`].map((line) =>
      line
        .replaceAll(this.origins[0] ?? '-', 'prod/cp-1/kube-apiserver/OLD')
        .replaceAll(/test\/node-1\/kube-apiserver\/\d{8}T\d{6}Z/gu, 'prod/cp-1/kube-apiserver/NEW')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, 'TIME')
        .replaceAll(/\b[\da-f]{16}-\d{12}(?:-[\da-f]{16})?/gu, 'ID')
        .replaceAll(/\b(?:batch|index) \d+/gu, (of) => of.replace(/\d+/u, 'N'))
        .replaceAll(/\b\d+ (records|events)\b/gu, 'N $1'),
    );
  }

  async deleteSince(batch: number): Promise<void> {
    for (const stream of [recordStream(this.scene.namespace), eventStream(this.scene.namespace)]) {
      await refresh(url, stream);
      const found: [string, string][] = [];
      for await (const { index, id, source } of allDocuments(url, stream)) {
        const { auditseal: own } = JSON.parse(source.toString()) as { auditseal?: { batch?: number } };
        if ((own?.batch ?? -1) >= batch) found.push([index, id]);
      }
      for (const [index, id] of found) await deleteDocument(url, index, id);
    }
  }
}

const isSaid =
  /^(?:unlinked epoch|unproven|ends early|missing|changed|inserted|missing record|unknown log|no key|keys: taken|verdict|new ):?/u;

/** The page shows each of these lines as it is. */
function isOnPage(lines: readonly string[]): void {
  expect(lines.filter((line) => !page.includes(`\n${line}\n`))).toEqual([]);
}

/** One hour from now: heartbeats would have come. */
const anHourLater = () => ['--now', new Date(Date.now() + 3_600_000).toISOString()];

test('a node was rebuilt: a new log that nobody knows, until its key is trusted and the change is signed', async () => {
  await using node = await Node.make();
  await rm(join(node.scene.folder, 'state'), { recursive: true });
  await rm(node.scene.writer.log.path);
  await node.deliver(20);
  const before = await node.verified('--trust', node.trust);
  expect(before.at(-1)).toBe('exit 3');
  isOnPage(before);
  await node.believe('--beside');
  isOnPage(await node.verified('--trust', node.trust));
  const [old = '', fresh = ''] = node.origins;
  const last = Math.max(
    ...(await manifestsOf(url, node.scene.namespace))
      .filter(({ origin }) => origin === old)
      .map(({ batch }) => batch),
  );
  await node.sign('acknowledge', '--log', fresh, '--after', old, '--last', String(last));
  const after = await node.verified('--trust', node.trust);
  expect(after.at(-1)).toBe('exit 0');
  isOnPage(after);
});

test('Elasticsearch was restored to yesterday: it ends early, and once the agent goes on records are missing', async () => {
  await using node = await Node.make();
  const { batch } = (await manifestsOf(url, node.scene.namespace)).at(-1)!;
  await node.deliver(20);
  await node.deleteSince(batch + 1);
  const restored = await node.verified('--trust', node.trust, ...anHourLater());
  expect(restored.at(-1)).toBe('exit 3');
  isOnPage(restored);
  // Only what is new is delivered: what Elasticsearch acknowledged once is not on the node any more.
  await node.scene.writer.lines(10);
  const agent = await node.scene.start();
  await node.scene.shipped(40);
  await agent.stop();
  const after = await node.verified('--trust', node.trust);
  expect(after.at(-1)).toBe('exit 1');
  isOnPage(after);
  const { stdout } = await auditseal([
    'verify',
    '--url',
    url,
    '--namespace',
    node.scene.namespace,
    '--trust',
    node.trust,
    '--json',
  ]);
  const known = join(node.scene.folder, 'known.json');
  await writeFile(known, stdout.join('\n'));
  isOnPage(await node.verified('--trust', node.trust, '--known', known));
});

test('the trust file was lost: the log speaks for itself, and the report says so', async () => {
  await using node = await Node.make();
  const verdict = await node.verified();
  expect(verdict.at(-1)).toBe('exit 0');
  isOnPage(verdict);
});

test('an agent’s key was stolen and one document forged: inserted', async () => {
  await using node = await Node.make();
  const stream = eventStream(node.scene.namespace);
  await refresh(url, stream);
  for await (const { source } of allDocuments(url, stream)) {
    const forged = JSON.parse(source.toString()) as Record<string, object>;
    const inserted = { ...forged, event: { ...forged['event'], sequence: 999_999_999 } };
    await createDocument(url, stream, 'forged', Buffer.from(JSON.stringify(inserted)));
    break;
  }
  const verdict = await node.verified('--trust', node.trust);
  expect(verdict.at(-1)).toBe('exit 1');
  isOnPage(verdict);
});

test('one document was changed, one deleted: both are named', async () => {
  await using node = await Node.make();
  const stream = eventStream(node.scene.namespace);
  await refresh(url, stream);
  const documents: { index: string; id: string; source: Buffer }[] = [];
  for await (const document of allDocuments(url, stream)) documents.push(document);
  const [changed, deleted] = documents;
  const forged = changed!.source.toString().replace('"verb":"', '"verb":"x');
  await putSource(url, changed!.index, changed!.id, Buffer.from(forged));
  await deleteDocument(url, deleted!.index, deleted!.id);
  const verdict = await node.verified('--trust', node.trust);
  expect(verdict.at(-1)).toBe('exit 1');
  isOnPage(verdict);
});
