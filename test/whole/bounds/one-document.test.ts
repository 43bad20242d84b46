import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import { eventStream, installTemplates, recordStream } from '../../../agent/streams/index.ts';
import { createDocument, randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');
const main = join(import.meta.dirname, '../../../agent/cli/main.ts');
const origin = 'prod/cp-1/kube-apiserver/20261123T004438Z';
const tellPeak =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS+"\\n"))';

/** docs/operations.md: what `verify` and `who` take at most. */
const peakMegabytes = (documentBytes: number) => 192 + (4 * documentBytes) / 2 ** 20;

interface Ran {
  code: number;
  out: string;
  peak: number;
}

async function run(...parameters: string[]): Promise<Ran> {
  return await new Promise((resolve) => {
    execFile(process.execPath, ['--import', tellPeak, main, ...parameters], (failure, out, error) => {
      const peak = Number(/peak (\d+)/u.exec(error)?.[1]) / 1024;
      resolve({ code: failure ? Number(failure.code ?? -1) : 0, out, peak });
    });
  });
}

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
      const bound = peakMegabytes(source.length);
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
