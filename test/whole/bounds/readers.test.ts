import { expect, inject, test } from 'vitest';
import { createDocument } from '../../kit/elasticsearch/index.ts';
import { Installation } from '../../kit/installation.ts';
import { readerBytesMax } from '../../kit/memory-formula.ts';
import { LogWriter } from '../../kit/seal/log.ts';
import { run } from './peak.ts';

const url = inject('elasticsearchUrl');
const readers = 3;

test('logs that are read beside one another take the memory of as many readers, each with its largest document', async () => {
  const installation = new Installation(url);
  const { namespace } = installation;
  const first = new LogWriter({ namespace });
  const others = ['cp-2', 'cp-3'].map(
    (node) => new LogWriter({ name: { cluster: 'prod', node, source: 'kube-apiserver' } }, first.written),
  );
  const writers = [first, ...others];
  for (const writer of writers) {
    writer.marker(1);
    for (let batch = 0; batch < 3; batch += 1) writer.batch({ events: 5000 });
  }
  await installation.write(first.written);
  const value = `[${'[],'.repeat(6_000_000)}[]]`;
  let largest = 0;
  for (const { origin } of writers) {
    const head = `"@timestamp":"2026-11-23T01:00:00Z","event":{"id":"x","sequence":2},"auditseal":{"origin":"${origin}","batch":0}`;
    const source = Buffer.from(`{${head},"kubernetes":{"audit":{"requestObject":${value}}}}`);
    largest = Math.max(largest, source.length);
    for (const stream of ['events', 'records'] as const)
      await createDocument(url, installation.stream(stream), `giant ${origin}`, source);
  }
  const { code, out, peak } = await run(
    'verify',
    '--url',
    url,
    '--namespace',
    namespace,
    '--parallel',
    String(readers),
  );
  const named = writers.filter(({ origin }) => out.includes(`id giant ${origin}`));
  expect({ code, named: named.length }).toEqual({ code: 1, named: readers });
  expect(peak).toBeLessThan(readerBytesMax(largest, readers));
});
