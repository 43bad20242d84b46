import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { VerdictWriter } from '../../../../agent/cli/verify/verdict.ts';
import {
  findingKinds,
  notProvenComplete,
  sampleMax,
  tampered,
  verdictDocument,
} from '../../../../agent/verify/index.ts';
import { identitiesMax } from '../../../../agent/verify/finding-sample.ts';
import type { Verification } from '../../../../agent/verify/index.ts';
import { templates, verdictStream } from '../../../../agent/streams/index.ts';
import { allDocuments, createDocument, refresh } from '../../../kit/elasticsearch/index.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { auditseal, Installation } from '../../../kit/installation.ts';

let folder: string;
let keyFile: string;
let installation: Installation;
let writer: LogWriter;
let trust: string;

/** An honest log of a minute ago. The embedded Elasticsearch asks for no key. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-verdict-'));
  keyFile = join(folder, 'key');
  await writeFile(keyFile, 'a2V5OnNlY3JldA==\n');
  installation = new Installation(inject('elasticsearchUrl'));
  const at = new Date(Date.now() - 60_000).toISOString();
  writer = new LogWriter({ namespace: installation.namespace, at });
  writer.batch({ events: 4, notices: [{ kind: 'start', at }] });
  writer.batch({ events: 3 });
  await installation.write(writer.written);
  trust = join(folder, 'trust.json');
  await writeFile(trust, JSON.stringify({ v: 1, logs: [{ ...writer.name, vkey: writer.vkey }] }));
});
afterAll(() => rm(folder, { recursive: true }));

const asked = () => ['--trust', trust, '--verdict-api-key-file', keyFile];

interface Verdict {
  event: Record<string, unknown>;
  auditseal: { verify: Record<string, unknown> };
}

/** What two reports on the same log have alike: not when they were made, nor which namespaces other tests have made meanwhile. */
const report = (lines: readonly string[]) => {
  const words = lines.findIndex((line) => line.startsWith('in plain words: '));
  const counts = lines.slice(lines.indexOf('') + 1, words);
  const alike = counts.filter((line) => !line.startsWith('checked: ') && !line.startsWith('not read: '));
  return [...alike, lines.at(-1)];
};

/** The verdicts in Elasticsearch, oldest first. */
async function verdicts(): Promise<Verdict[]> {
  const stream = verdictStream(installation.namespace);
  await refresh(installation.url, stream);
  const found: (Verdict & { '@timestamp': string })[] = [];
  for await (const { source } of allDocuments(installation.url, stream))
    found.push(JSON.parse(source.toString()) as (typeof found)[number]);
  return found.toSorted((a, b) => (a['@timestamp'] < b['@timestamp'] ? -1 : 1));
}

describe('auditseal verify with a key for verdicts', () => {
  test('writes what it found, and its verdicts and forged ones change nothing', async () => {
    const green = await installation.verify(...asked());
    expect([green.code, green.all.stderr]).toEqual([0, '']);
    const [first, ...others] = await verdicts();
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      message: 'verified',
      data_stream: { dataset: 'auditseal.verify', namespace: installation.namespace },
      event: { kind: 'state', action: 'verify', outcome: 'success', dataset: 'auditseal.verify' },
      orchestrator: { cluster: { name: ['prod'] } },
      auditseal: {
        verify: {
          verdict: 'verified',
          exit_code: 0,
          scope: 'whole',
          trusted: true,
          batches: 2,
          events: 7,
          findings_total: 0,
          findings: { missing: 0, gap: 0, ends_early: 0 },
          logs: [{ origin: writer.origin, batches: 2, size: 9 }],
        },
      },
    });

    const forged = JSON.stringify(first).replaceAll('verified', 'tampered');
    for (const id of ['forged', writer.written.records[0]!.id, writer.written.events[0]!.id])
      await createDocument(installation.url, verdictStream(installation.namespace), id, Buffer.from(forged));
    const again = await installation.verify('--trust', trust);
    expect([again.code, report(again.all.stdout)]).toEqual([0, report(green.all.stdout)]);

    const [gone] = writer.written.events;
    await installation.remove('events', gone!.id);
    const red = await installation.verify(...asked(), '--since', '1h', '--from-birth');
    expect(red.code).toBe(1);
    expect((await verdicts()).at(-1)).toMatchObject({
      message: expect.stringMatching(/^tampered: 1 missing, cluster prod from 20\S+Z on$/u) as unknown,
      event: { outcome: 'failure', reason: 'tampered' },
      auditseal: {
        verify: {
          verdict: 'tampered',
          exit_code: 1,
          scope: 'range',
          from: expect.stringMatching(/^2/u) as unknown,
          findings_total: 1,
          findings: { missing: 1, changed: 0 },
          sample: [{ finding: 'missing', origin: writer.origin, index: 0, batch: 0 }],
        },
      },
    });

    const nothing = ['verify', '--url', installation.url, '--namespace', installation.namespace, ...asked()];
    const unable = await auditseal([...nothing, '--since', '2h', '--trust', join(folder, 'no such file')]);
    expect(unable.code).toBe(2);
    const last = (await verdicts()).at(-1);
    expect(last).toMatchObject({
      event: { outcome: 'unknown' },
      error: { message: expect.stringContaining('no such file') as unknown },
      auditseal: { verify: { verdict: 'could not check', exit_code: 2, scope: 'range', sample: [] } },
    });
    expect(last?.auditseal.verify, 'nothing was counted').not.toHaveProperty('findings');
  });

  test('that cannot be written is exit 4, unless there is worse to say', async () => {
    const elsewhere = new Installation(installation.url);
    const moved = new LogWriter({ namespace: elsewhere.namespace, at: new Date().toISOString() });
    moved.batch({ notices: [{ kind: 'start', at: moved.now.toISOString() }] });
    await elsewhere.write(moved.written);
    const stream = verdictStream(elsewhere.namespace);
    await createDocument(
      elsewhere.url,
      stream,
      'first',
      Buffer.from('{"@timestamp":"2026-11-23T00:00:00Z"}'),
    );
    const blocked = await fetch(`${elsewhere.url}/${stream}/_settings`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"index.blocks.write":true}',
    });
    expect(blocked.ok).toBe(true);
    const withVerdicts = ['--verdict-api-key-file', keyFile];
    const green = await elsewhere.verify(...withVerdicts);
    expect([green.code, green.all.stdout.at(-1)]).toEqual([4, 'verdict: verified']);
    expect(green.all.stderr).toMatch(/the verdict could not be written: .*403/u);
    await elsewhere.remove('events', moved.written.events[0]!.id);
    expect((await elsewhere.verify(...withVerdicts)).code).toBe(1);
  });
});

describe.concurrent('a file that cannot serve', () => {
  const nobody = ['verify', '--url', 'http://127.0.0.1:1', '--json'];

  test.each<[string, string]>([
    ['--verdict-api-key-file', 'cannot be read'],
    ['--trust', 'does not exist'],
  ])('%s is told before Elasticsearch is asked anything', async (option, why) => {
    const file = join(folder, 'no such file');
    const { code, stdout, stderr } = await auditseal([...nobody, option, file]);
    expect(code).toBe(2);
    expect(stderr).toContain(file);
    expect(stderr).toContain(why);
    expect(
      stdout.map((line) => JSON.parse(line) as unknown),
      'nothing but the summary',
    ).toMatchObject([{ type: 'summary', exitCode: 2 }]);
  });

  test.each([
    ['is empty', '\n'],
    ['holds no API key', 'a key\nand another'],
  ])('as the verdicts’ key %s', async (why, text) => {
    const file = join(folder, why);
    await writeFile(file, text);
    const settings = { urls: ['http://127.0.0.1:1'], requestSeconds: 1 };
    await expect(VerdictWriter.create({ settings, namespace: 'n', apiKeyFile: file })).rejects.toThrow(
      `--verdict-api-key-file: ${file} ${why}`,
    );
  });
});

describe('a verdict as a document', () => {
  const summary = {
    verdict: 'tampered',
    exitCode: 1,
    now: '2026-11-23T00:00:00.000Z',
    trusted: true,
    records: 1,
    batches: 1,
    recordCopies: 0,
    documents: 1,
    events: 1,
    refused: 0,
    copies: 0,
    expired: 0,
    erased: 0,
    notYetRecorded: 0,
    firstEvent: '2026-11-23T00:00:00.000Z',
    lastEvent: '2026-11-23T00:00:00.000Z',
    trustNamesNone: false,
    coverage: [],
    findings: { missing: 2 },
    excused: { acknowledged: 1, retired: 0 },
    ofLaterVersion: 0,
    unknownNotices: {},
    statements: { counted: [], void: { count: 3, reasons: {}, sample: [] } },
    logs: Array.from({ length: 5000 }, (_, i) => ({
      origin: `cluster-${i}/cp/kube-apiserver/20261123T000000Z`,
      vkey: 'x',
      keyFrom: 'trust file',
      changes: [],
      changesTotal: 0,
      drift: [],
      driftTotal: 0,
      batches: 1,
      size: 2,
      newestSealedAt: new Date(1e12 + i * 1000).toISOString(),
    })),
  } as const satisfies Verification['summary'];
  const finding = {
    finding: 'missing',
    origin: 'x'.repeat(1e6),
    index: 1,
    batch: 0,
    id: '\ud800',
    detail: 'd',
  } as const;
  const verification: Verification = {
    id: 'id',
    namespace: 'auditseal',
    startedAt: new Date(0),
    endedAt: new Date(1500),
    verdict: 'tampered',
    exitCode: 1,
    message: 'm'.repeat(1e6),
    time: { since: 0, until: 1 },
    summary,
    sample: Array.from({ length: 1000 }, () => finding),
    identities: new Map(
      findingKinds.map((kind) => [kind, Array.from({ length: identitiesMax }, () => 'a'.repeat(32))]),
    ),
    known: { at: new Date(0).toISOString(), news: { total: 1, findings: { missing: 1 }, isAtLeast: false } },
    host: 'h',
    version: '0',
  };
  type Tree = { [name: string]: Tree } | string | number | boolean;
  const document = JSON.parse(verdictDocument(verification).toString()) as Record<string, Tree>;

  test('is bounded, whatever was found', () => {
    expect(JSON.stringify(document).length).toBeLessThan(600 * 1024);
    const { verify } = document['auditseal'] as unknown as { verify: Record<string, unknown[]> };
    expect([verify['sample']?.length, verify['logs']?.length]).toEqual([sampleMax, 200]);
    expect(verify['logs_total']).toBe(5000);
    expect(verify['oldest_newest_record']).toBe(new Date(1e12).toISOString());
    expect(document['event']).toMatchObject({ duration: 1_500_000_000 });
  });

  test('has no field that is not mapped, and every kind of finding with its count', () => {
    const { components } = templates('n', { retentionDays: 1 });
    const { mappings } = components.find(({ name }) => name === 'auditseal-verdicts-n')!.body['template'] as {
      mappings: Mapping;
    };
    const unmapped = (value: unknown, mapping: Mapping | undefined, path: string): string[] => {
      if (Array.isArray(value)) return value.flatMap((each) => unmapped(each, mapping, path));
      if (!mapping) return [path];
      if (typeof value !== 'object' || value === null) return mapping.properties ? [path] : [];
      return Object.entries(value).flatMap(([name, member]) =>
        unmapped(member, mapping.properties?.[name], `${path}.${name}`),
      );
    };
    expect(unmapped({ ...document, error: { message: 'x' } }, mappings, '')).toEqual([]);
    const kinds = [...tampered, ...notProvenComplete].map((kind) => kind.replaceAll(' ', '_'));
    const { findings } = mappings.properties!['auditseal']!.properties!['verify']!.properties!;
    expect(Object.keys(findings!.properties!).toSorted()).toEqual(kinds.toSorted());
    const { verify } = document['auditseal'] as unknown as { verify: { findings: Record<string, number> } };
    expect(verify.findings).toEqual(
      Object.fromEntries(kinds.map((kind) => [kind, kind === 'missing' ? 2 : 0])),
    );
  });
});

interface Mapping {
  properties?: Record<string, Mapping>;
}
