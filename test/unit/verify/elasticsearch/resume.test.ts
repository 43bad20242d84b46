import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, inject, test } from 'vitest';
import { temporaryFolder } from '../../../kit/agent/index.ts';
import { Installation } from '../../../kit/installation.ts';
import { LogWriter } from '../../../kit/seal/log.ts';

const url = inject('elasticsearchUrl');

/** In front of Elasticsearch: refuses the n-th search of events and every one after it, and keeps their bodies. */
async function refusing(from: number) {
  const searches: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const bytes = Buffer.concat(await request.toArray());
      const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
      response.setHeader('x-elastic-product', 'Elasticsearch').setHeader('content-type', 'application/json');
      if (body.includes('"sort":[{"event.sequence"')) searches.push(body);
      if (searches.length >= from) return void response.writeHead(403).end('{"error":{},"status":403}');
      const answer = await fetch(`${url}${request.url}`, {
        method: request.method!,
        headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
        ...(body !== '' && { body }),
      });
      return void response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    searches,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Two logs of four batches, of which a run has read the first when it was refused the second. */
async function interrupted(folder: string) {
  const installation = new Installation(url);
  const a = new LogWriter({ namespace: installation.namespace });
  const b = new LogWriter({ name: { cluster: 'prod', node: 'cp-2', source: 'kube-apiserver' } }, a.written);
  for (const writer of [a, b]) {
    writer.marker(1);
    for (let batch = 0; batch < 4; batch += 1) writer.batch({ events: 4 });
  }
  await installation.write(a.written);
  const file = join(folder, 'resume.json');
  const common = ['--now', b.now.toISOString(), '--json', '--resume', file];
  await using server = await refusing(2);
  const { code } = await new Via(server.url, installation.namespace).verify(...common);
  expect(code).toBe(2);
  return { installation, a, b, file, common };
}

/** The same namespace through another server. */
class Via extends Installation {
  override readonly namespace: string;

  constructor(at: string, namespace: string) {
    super(at);
    this.namespace = namespace;
  }
}

type Interrupted = Awaited<ReturnType<typeof interrupted>>;

async function resume({ installation, common }: Interrupted, ...more: string[]) {
  const { all, code } = await installation.verify(...common, ...more);
  const lines = all.stdout.map((line) => JSON.parse(line) as Record<string, unknown>);
  const summary = lines.find(({ type }) => type === 'summary')!;
  const findings = lines.filter(({ type }) => type === 'finding').map(({ finding }) => finding);
  return { code, findings, summary, readBefore: summary['readBefore'], stderr: all.stderr };
}

const partOf = (writer: LogWriter, batches: number) =>
  expect.objectContaining({
    origin: writer.origin,
    firstBatch: 0,
    lastBatch: batches - 1,
    events: 4 * batches,
    refused: 0,
  }) as unknown;

test('an interrupted run goes on where it was: what was read is neither read again nor left out of the verdict', async () => {
  await using folder = await temporaryFolder();
  const state = await interrupted(folder.path);
  const { a, installation, common, file } = state;
  // The last batch of a log is closed by the first document of the next one.
  const { parts } = JSON.parse(await readFile(file, 'utf8')) as { parts: unknown[] };
  expect(parts).toEqual([partOf(a, 3)]);

  await using server = await refusing(Infinity);
  const resumed = await resume({ ...state, installation: new Via(server.url, installation.namespace) });
  expect(resumed).toMatchObject({ code: 0, findings: [], readBefore: [partOf(a, 3)] });
  expect(resumed.summary['words']).toMatch(
    /12 events were read from \S+ to \S+, and a change after that does not show/u,
  );
  expect(server.searches.join('\n')).toContain('"must_not":[{"range":{"event.sequence":{"gte":0,"lt":15}}}]');
  expect(existsSync(file)).toBe(false);

  const whole = await resume({ ...state, common: common.slice(0, 3) });
  // Other tests make namespaces in the same Elasticsearch meanwhile.
  for (const summary of [resumed.summary, whole.summary])
    for (const name of ['readBefore', 'words', 'otherNamespaces']) delete summary[name];
  expect(resumed.summary).toEqual(whole.summary);
});

test('what was read is read again where its documents, its records or what was signed about it are not the same', async () => {
  await using folder = await temporaryFolder();
  const state = await interrupted(folder.path);
  const { a, b, file, installation } = state;
  const saved = await readFile(file);
  const [first, second] = a.written.events.filter(({ id }) => id.startsWith(a.log.logId));
  const again = async () => {
    await writeFile(file, saved, { mode: 0o600 });
    return await resume(state);
  };

  // A change in place after it was read: the verdict says when that was.
  await installation.put(
    'events',
    second!.id,
    Buffer.from(second!.source.toString().replace('"get"', '"put"')),
  );
  expect(await again()).toMatchObject({ code: 0, findings: [], readBefore: [partOf(a, 3)] });
  const forged = saved.toString().replace(/"root":"../u, '"root":"zz');
  await writeFile(file, forged);
  expect(await resume(state)).toMatchObject({ code: 1, findings: ['changed'], readBefore: undefined });
  await installation.put('events', second!.id, second!.source);

  await installation.remove('events', first!.id);
  expect(await again()).toMatchObject({ code: 1, findings: ['missing'], readBefore: undefined });
  await installation.create('events', [first!, { ...first!, id: 'another' }]);
  expect(await again()).toMatchObject({ code: 1, findings: ['inserted'], readBefore: undefined });
  await installation.remove('events', 'another');
  const record = b.written.records.find(({ id }) => id.startsWith(`${a.log.logId}-b00000001`))!;
  await installation.remove('records', record.id);
  const { code, findings, readBefore } = await again();
  expect([code, readBefore, findings.includes('missing record')]).toEqual([1, undefined, true]);
});

test('a file that is not of this question, or not one’s own alone, is refused before anything is read', async () => {
  await using folder = await temporaryFolder();
  const state = await interrupted(folder.path);
  const { file, common, installation } = state;
  const refused = async (options: readonly string[]) => {
    const { all, code } = await installation.verify(...options);
    expect(code).toBe(2);
    return all.stderr;
  };
  expect(await refused([...common, '--since', '2026-11-01T00:00:00Z'])).toContain('with another --since');
  await chmod(file, 0o622);
  expect(await refused(common)).toContain('may be written by others');
  await chmod(file, 0o600);
  await writeFile(file, '{"format":1}');
  expect(await refused(common)).toContain('is not what a verification left');
  expect(await refused([...common, '--namespace', 'other'])).toContain('is of one namespace');
});
