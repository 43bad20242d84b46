import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { verdictStream } from '../../../agent/streams/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { Attacked } from '../../kit/attacked.ts';
import { allDocuments, refresh } from '../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');

const line = z.looseObject({ type: z.string(), finding: z.string().optional(), new: z.boolean().optional() });
const verdict = z.object({
  message: z.string(),
  auditseal: z.object({
    verify: z.looseObject({
      findings_total: z.number(),
      new_total: z.number(),
      new_findings: z.record(z.string(), z.number()),
      identities: z.record(z.string(), z.array(z.string())),
    }),
  }),
});

/** Of what `--json` printed. */
const parsed = (stdout: readonly string[]) => stdout.map((text) => line.parse(JSON.parse(text)));

test('one forged document makes every run red: what is tampered with behind it is new', async () => {
  await using log = await Attacked.make(url);
  await using folder = await temporaryFolder();
  const [known, key] = ['known.json', 'key'].map((name) => join(folder.path, name)) as [string, string];
  await writeFile(key, 'a2V5OnNlY3JldA==\n');
  const [first, second] = log.events as [(typeof log.events)[0], (typeof log.events)[0]];
  const edited = (name: string) => log.forge(first, ['kubernetes-admin', name]);
  await log.create('events', 'forged', '{"@timestamp":"2026-11-23T00:44:40.000Z"}');
  await log.installation.put('events', first.id, edited('mallory'));
  const asked = ['--now', log.writer.now.toISOString()];

  const looked = await log.verify(...asked, '--json');
  await writeFile(known, looked.report);
  const same = await log.verify(...asked, '--known', known, '--verdict-api-key-file', key);
  expect(same.code, 'known does not mean right').toBe(1);
  expect(same.findings.filter((text) => text.startsWith('new '))).toEqual([]);
  expect(same.report).toMatch(/^verdict: tampered: 1 inserted, 1 changed, 0 new$/mu);
  expect(same.report).toMatch(/^known: \S+known\.json, SHA-256 [0-9a-f]{64}, as of 2026-/mu);

  await log.installation.put('events', first.id, edited('eve'));
  await log.installation.remove('events', second.id);
  const later = await log.verify(...asked, '--known', known, '--verdict-api-key-file', key);
  expect(later.code).toBe(1);
  expect(later.findings.filter((text) => text.startsWith('new ')).map((text) => text.split(':')[0])).toEqual([
    'new changed',
    'new missing',
  ]);
  expect(later.report).toMatch(/^verdict: tampered: 1 inserted, 1 changed, 1 missing, 2 new$/mu);

  const written: z.infer<typeof verdict>[] = [];
  const stream = verdictStream(log.installation.namespace);
  await refresh(url, stream);
  for await (const { source } of allDocuments(url, stream))
    written.push(verdict.parse(JSON.parse(source.toString())));
  const newest = written.find(({ auditseal: { verify } }) => verify.findings_total === 3)!;
  expect(new Set(written.map(({ auditseal: { verify } }) => verify.new_total))).toEqual(new Set([0, 2]));
  expect(newest.message).toBe('tampered: 1 inserted, 1 changed, 1 missing, 2 new');
  expect(newest.auditseal.verify.new_findings).toMatchObject({ changed: 1, missing: 1, inserted: 0, gap: 0 });
  expect(Object.keys(newest.auditseal.verify.identities).toSorted()).toEqual([
    'changed',
    'inserted',
    'missing',
  ]);

  // The newest verdict as Elasticsearch answers it serves as well as what was printed.
  const search = `${url}/${stream}/_search?q=auditseal.verify.findings_total:3&pretty`;
  await writeFile(known, await (await fetch(search)).text());
  const all = await log.verify(...asked, '--known', known, '--json');
  const lines = parsed(all.report.trim().split('\n'));
  expect(lines.filter(({ type }) => type === 'finding').map((each) => each.new)).toEqual([
    false,
    false,
    false,
  ]);
  expect(lines.at(-1)).toMatchObject({ news: { total: 0, findings: {}, isAtLeast: false } });
  expect(await readFile(known, 'utf8')).toContain('"hits"');
});

test('what was named once as a run of missing records is new when the run grows, or when an event in it changes', async () => {
  await using log = await Attacked.make(url, (writer) => {
    for (let i = 0; i < 6; i += 1) writer.batch();
  });
  await using folder = await temporaryFolder();
  const known = join(folder.path, 'known.json');
  const look = async () => {
    await writeFile(known, (await log.verify('--json')).report);
    return log.verify('--known', known);
  };
  const [, first, second, third] = log.records;
  await log.installation.remove('records', first!.id, second!.id);
  expect((await look()).report).toMatch(/^verdict: tampered: 1 missing record, 1 unproven, 0 new$/mu);

  const event = log.events[3]!;
  await log.installation.put('events', event.id, log.forge(event, ['kubernetes-admin', 'mallory']));
  const edited = await log.verify('--known', known);
  expect([edited.findings, edited.code], edited.report).toEqual([
    [
      'missing record: LOG, batch 1 (and all up to batch 2)',
      'new unproven: LOG, index 4 (6 events whose record is missing)',
    ],
    1,
  ]);
  expect((await look()).report).toMatch(/, 0 new$/mu);

  await log.installation.remove('records', third!.id);
  await log.installation.remove('events', ...log.events.slice(9, 12).map(({ id }) => id));
  const grown = await log.verify('--known', known);
  expect([grown.findings, grown.code], grown.report).toEqual([
    [
      'new missing record: LOG, batch 1 (and all up to batch 3)',
      'unproven: LOG, index 4 (6 events whose record is missing)',
    ],
    1,
  ]);
});

test.each([
  ['is empty', ''],
  ['is another JSON', '{"a":1}'],
  ['is a report', 'changed: LOG, index 3\n'],
  ['is cut off in a line', '{"type":"finding","identity":"ab"}\n{"type":"fin'],
])('what %s is no known verdict, and nothing is asked', async (_what, text) => {
  await using log = await Attacked.make(url);
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'known.json');
  await writeFile(file, text);
  const { code, report } = await log.verify('--known', file);
  expect(code).toBe(2);
  expect(report).toContain(`--known: ${file} is no verdict`);
});
