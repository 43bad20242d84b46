import { expect, inject, test } from 'vitest';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import { eventStream, installTemplates, recordStream } from '../../../agent/streams/index.ts';
import { readerBytesMax } from '../../kit/memory-formula.ts';
import { giantServer } from './giant.ts';
import { run } from './peak.ts';
import { createDocument, randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');
const origin = 'prod/cp-1/kube-apiserver/20261123T004438Z';
const emptyArrays = `[${'[],'.repeat(6_000_000)}[]]`;
const millionMembers = `{${Array.from({ length: 1_000_000 }, (_, i) => `"m${i}":[]`).join(',')}}`;

test.each([
  ['18 MB of empty arrays', emptyArrays],
  ['a million members', millionMembers],
])(
  'one document of %s in either stream does not exhaust verify or who, and is named',
  async (_name, value) => {
    const namespace = randomNamespace();
    const client = await createClient({ urls: [url], requestSeconds: 60 });
    try {
      await installTemplates(client, { namespace, retentionDays: 400, codec: 'default' });
      const head = `"@timestamp":"2026-11-23T01:00:00Z","event":{"id":"x","sequence":5},"auditseal":{"origin":"${origin}","batch":1}`;
      const source = Buffer.from(`{${head},"kubernetes":{"audit":{"requestObject":${value}}}}`);
      await createDocument(url, eventStream(namespace), 'forged-event', source);
      await createDocument(url, recordStream(namespace), 'forged-record', source);
      const connection = ['--url', url, '--namespace', namespace];
      const bound = readerBytesMax(source.length);
      for (const more of [[], ['--since', '2026-11-22T00:00:00Z']]) {
        const { code, out, peak } = await run('verify', ...connection, ...more);
        expect({ code, isNamed: /id forged-event/u.test(out) && /id forged-record/u.test(out) }).toEqual({
          code: 1,
          isNamed: true,
        });
        expect(peak).toBeLessThan(bound);
      }
      const { code, peak } = await run('who', ...connection);
      expect(code).toBe(0);
      expect(peak).toBeLessThan(bound);
    } finally {
      await client.close();
      await removeNamespace(url, namespace);
    }
  },
);

// Elasticsearch itself takes no request of more than 100 MB unless it is told to; who stands in its place may send anything.
test.each([
  ['100 MB of text', { open: '"', unit: 'sixteen letters.', close: '"', bytes: 100e6 }],
  ['100 MB of empty arrays', { open: '[', unit: '[],[],[],[],[],', close: '[]]', bytes: 100e6 }],
  ['100 MB of members', { open: '{', unit: '"a":1,"b":[],', close: '"c":1}', bytes: 100e6 }],
  [
    '300 MB of text, beyond what is read of a document',
    { open: '"', unit: 'sixteen letters.', close: '"', bytes: 300e6 },
  ],
])('one document of %s from a server does not exhaust verify, and is named', async (_name, value) => {
  await using giant = await giantServer(value);
  for (const more of [[], ['--since', '2026-11-22T00:00:00Z']]) {
    const { code, out, peak } = await run('verify', '--url', giant.url, ...more);
    expect({
      code,
      isNamed: /inserted: .*id giant/u.test(out) && /changed record: .*id giant/u.test(out),
    }).toEqual({
      code: 1,
      isNamed: true,
    });
    expect(peak).toBeLessThan(readerBytesMax(value.bytes));
  }
});
