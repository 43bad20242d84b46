import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  generateKey,
  logIdOf,
  recordDocumentId,
  refusedForm,
  signNote,
} from '../../../../agent/seal/index.ts';
import { rollover } from '../../../kit/elasticsearch/index.ts';
import { LogWriter, recordsIndex } from '../../../kit/seal/log.ts';
import { Installation } from '../../../kit/installation.ts';

const secondEpoch = '20261123T014438Z';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-verify-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An honest log in Elasticsearch: two epochs, a heartbeat, a refused event. */
async function honest() {
  const installation = new Installation(inject('elasticsearchUrl'));
  const writer = new LogWriter({ namespace: installation.namespace });
  const { origin, log, name, vkey } = writer;
  writer.marker(1);
  writer.batch({ events: 4, dropped: 1, notices: [{ kind: 'start', at: writer.now.toISOString() }] });
  writer.batch({ events: 3, refused: [1] });
  writer.heartbeat();
  writer.turn(secondEpoch);
  writer.batch({ events: 3, notices: [{ kind: 'stop', at: writer.now.toISOString() }] });
  await installation.write(writer.written);
  const trust = join(folder, `${installation.namespace}.json`);
  await writeFile(trust, JSON.stringify({ v: 1, logs: [{ ...name, vkey }], operators: [] }));
  const events = writer.written.events.filter(({ id }) => id.startsWith(log.logId));
  const records = writer.written.records.filter(({ id }) => id.startsWith(`${log.logId}-b`));
  return { installation, writer, origin, logId: log.logId, trust, events, records };
}

type Honest = Awaited<ReturnType<typeof honest>>;
const eventOf = (logId: string, index: number) => `${logId}-${String(index).padStart(12, '0')}`;
const edited = (source: Buffer, from: string, to: string) => {
  expect(source.toString()).toContain(from);
  return Buffer.from(source.toString().replace(from, to));
};

interface Case {
  name: string;
  tamper: (log: Honest) => Promise<void>;
  findings: (log: Honest) => string[];
  code?: number;
  parameters?: (log: Honest) => string[];
}

const cases: Case[] = [
  { name: 'nothing at all', tamper: async () => undefined, findings: () => [], code: 0 },
  {
    name: 'an edited event',
    tamper: ({ installation, events: [, one] }) =>
      installation.put('events', one!.id, edited(one!.source, '"verb":"get"', '"verb":"put"')),
    findings: ({ origin, logId }) => [`changed: ${origin}, index 1, batch 0, id ${eventOf(logId, 1)}`],
  },
  {
    name: 'white space and a comment in an event, which Elasticsearch takes',
    tamper: async ({ installation, events: [, one, two] }) => {
      await installation.put('events', one!.id, edited(one!.source, '}}}}', '} }}}'));
      await installation.put('events', two!.id, edited(two!.source, '}}}}', '}}/* " */}}'));
    },
    findings: ({ origin, logId }) =>
      [1, 2].map((i) => `changed: ${origin}, index ${i}, batch 0, id ${eventOf(logId, i)}`),
  },
  {
    name: 'an event whose seal fields were edited',
    tamper: async ({ installation, events: [zero, one] }) => {
      await installation.put('events', zero!.id, edited(zero!.source, '"sequence":0', '"sequence":900'));
      await installation.put(
        'events',
        one!.id,
        edited(one!.source, '"auditseal":{"origin":"prod', '"auditseal":{"origin":"test'),
      );
    },
    findings: ({ origin, logId }) =>
      [0, 1].map((i) => `changed: ${origin}, index ${i}, batch 0, id ${eventOf(logId, i)}`),
  },
  {
    name: 'a deleted event',
    tamper: ({ installation, events: [, , two] }) => installation.remove('events', two!.id),
    findings: ({ origin, logId }) => [`missing: ${origin}, index 2, batch 0, id ${eventOf(logId, 2)}`],
  },
  {
    name: 'a deleted batch with its record',
    tamper: async ({ installation, events, records: [, one] }) => {
      await installation.remove('events', ...events.slice(4, 7).map(({ id }) => id));
      await installation.remove('records', one!.id);
    },
    findings: ({ origin }) => [`missing record: ${origin}, batch 1`],
  },
  {
    name: 'the newest batches deleted after a clean stop',
    tamper: async ({ installation, writer }) => {
      const { logId } = writer.log;
      const last = writer.written.records.at(-1)!;
      await installation.remove('records', last.id);
      const events = writer.written.events.filter(({ id }) => id.startsWith(logId)).slice(-3);
      await installation.remove('events', ...events.map(({ id }) => id));
    },
    parameters: ({ writer }) => ['--now', new Date(writer.now.getTime() + 3_600_000).toISOString()],
    findings: ({ writer }) => [
      `ends early: ${writer.origin}, batch 0 (its newest record is of ${new Date(writer.now.getTime() - 20_000).toISOString()})`,
    ],
    code: 3,
  },
  {
    name: 'a log that ends with a clean stop long ago',
    tamper: async () => undefined,
    parameters: ({ writer }) => ['--now', new Date(writer.now.getTime() + 3_600_000).toISOString()],
    findings: ({ writer }) => [
      `ends early: ${writer.origin}, batch 1 (stopped cleanly at ${new Date(writer.now.getTime() - 10_000).toISOString()})`,
    ],
    code: 3,
  },
  {
    name: 'a deleted log',
    tamper: async ({ installation, writer }) => {
      await installation.remove('records', ...writer.written.records.map(({ id }) => id));
      await installation.remove('events', ...writer.written.events.map(({ id }) => id));
    },
    findings: () => [
      'log missing: prod/cp-1/kube-apiserver (the trust file lists it, and it has no valid record)',
    ],
  },
  {
    name: 'a forged event with seal fields, one without, and one of an unknown origin',
    tamper: ({ installation, events: [, one] }) =>
      installation.create('events', [
        { index: '', id: `${one!.id.slice(0, -4)}0000`, source: edited(one!.source, 'get', 'put') },
        { index: '', id: 'plain', source: Buffer.from('{"@timestamp":"2026-11-23T00:44:38Z"}') },
        { index: '', id: 'other', source: edited(one!.source, '"origin":"prod/cp-1', '"origin":"prod/cp-9') },
      ]),
    findings: ({ origin, events: [, one] }) => [
      `inserted: ${origin}, index 1, batch 0, id ${one!.id.slice(0, -4)}0000 (beside the sealed event)`,
      'inserted: prod/cp-9/kube-apiserver/20261123T004438Z, id other (it claims no place in a known log)',
      'inserted: id plain (it claims no place in a known log)',
    ],
  },
  {
    name: 'two swapped events',
    tamper: async ({ installation, events: [zero, one] }) => {
      await installation.put('events', zero!.id, one!.source);
      await installation.put('events', one!.id, zero!.source);
    },
    findings: ({ origin, logId }) =>
      [0, 1].map((i) => `changed: ${origin}, index ${i}, batch 0, id ${eventOf(logId, i)}`),
  },
  {
    name: 'an edited record',
    tamper: ({ installation, records: [zero] }) =>
      installation.put('records', zero!.id, edited(zero!.source, '"read":5', '"read":4')),
    findings: ({ origin, records: [zero] }) => [
      `changed record: ${origin}, batch 0, id ${zero!.id} (its bytes are not those that its parts give)`,
      `missing record: ${origin}, batch 0`,
      `unproven: ${origin}, index 0 (4 events whose record is missing)`,
    ],
  },
  {
    name: 'a batch that was signed anew with another key',
    tamper: async ({ installation, origin, records: [, one] }) => {
      const own = generateKey(origin);
      const { checkpoint, vkey } = (
        JSON.parse(one!.source.toString()) as { auditseal: Record<'checkpoint' | 'vkey', string> }
      ).auditseal;
      const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1);
      const signed = edited(one!.source, JSON.stringify(checkpoint), JSON.stringify(signNote(text, own)));
      const source = edited(signed, JSON.stringify(vkey), JSON.stringify(own.verifier.text));
      const root = Buffer.from(text.split('\n')[2]!, 'base64');
      const id = recordDocumentId(logIdOf(own.verifier.text), 1, root);
      await installation.remove('records', one!.id);
      await installation.create('records', [{ index: recordsIndex, id, source }]);
    },
    findings: ({ origin }) => [
      `bad signature: ${origin}, batch 1, id`,
      `missing record: ${origin}, batch 1`,
      `unproven: ${origin}, index 5 (3 events whose record is missing)`,
    ],
  },
  {
    name: 'a refused form that nobody refused',
    tamper: ({ installation, events: [, , two] }) =>
      installation.put('events', two!.id, refusedForm(two!.source, 'nobody', 'event')),
    findings: ({ origin, logId }) => [`changed: ${origin}, index 2, batch 0, id ${eventOf(logId, 2)}`],
  },
  {
    name: 'the other life of a state that was rolled back',
    tamper: async ({ installation, origin }) => {
      const other = new LogWriter({ namespace: installation.namespace });
      other.batch({ events: 4, dropped: 1, event: () => '{"other":"life"}' });
      expect(other.origin).toBe(origin);
      await installation.create('records', other.written.records);
    },
    findings: ({ origin }) => [`fork: ${origin}, batch 0 (two signed roots of size 5)`],
  },
];

describe.concurrent('auditseal verify names, on a real Elasticsearch,', () => {
  test.each(cases)('$name', async ({ tamper, findings, code = 1, parameters }) => {
    const log = await honest();
    await tamper(log);
    const now = parameters?.(log) ?? ['--now', log.writer.now.toISOString()];
    const ran = await log.installation.verify('--trust', log.trust, ...now);
    const expected = findings(log);
    const shortened = ran.findings.map((line, i) =>
      expected[i]?.endsWith(', id') === true ? line.slice(0, expected[i].length) : line,
    );
    expect(shortened, ran.all.stderr).toEqual(expected);
    expect(ran.code).toBe(code);
  });
});

describe.concurrent('auditseal verify', () => {
  test('says what it checked, and that the keys are the log’s own where no trust file is given', async () => {
    const { installation, writer, origin, logId } = await honest();
    void logId;
    await rollover(installation.url, installation.stream('events'));
    const copy = writer.written.events[0]!;
    await installation.create('events', [copy]);
    const { all, code } = await installation.verify('--now', writer.now.toISOString());
    expect(all.stderr).toBe('');
    expect(code).toBe(0);
    // Other tests have namespaces in the same Elasticsearch.
    const report = all.stdout
      .slice(all.stdout.indexOf('') + 1)
      .filter((line) => !line.startsWith('not read: '));
    expect(report.slice(0, 7)).toEqual([
      `checked: everything of namespace ${installation.namespace} at ${installation.url}, as of ${writer.now.toISOString()}`,
      'keys: taken from the log itself, since no trust file was given: whoever can write to Elasticsearch could have made them up',
      `log: ${origin}: batches 0 to 3 (4), size 12, events from 2026-11-23T00:44:33.000000Z to 2026-11-23T00:45:03.000000Z, newest record 2026-11-23T00:45:08.000Z (batch 3), key from the log itself`,
      `log: ${writer.origin}: batches 0 to 1 (2), size 7, events from 2026-11-23T00:45:13.000000Z to 2026-11-23T00:45:23.002002Z, newest record 2026-11-23T00:45:28.000Z (batch 1), key from next`,
      'records: 6 read, 6 batches valid',
      'events: 14 documents read, 13 as sealed, 1 of them in refused form, 1 copies',
      'times: first event 2026-11-23T00:44:33.000000Z, last event 2026-11-23T00:45:23.002002Z',
    ]);
    expect(
      report
        .slice(7, -1)
        .map((text) => text.trimStart())
        .join(' '),
    ).toBe(
      `in plain words: Checked: 2 logs of prod, whole, as of ${writer.now.toISOString()}: 14 events and 6 records that Elasticsearch holds, ` +
        'with events from 2026-11-23T00:44:33.000000Z to 2026-11-23T00:45:23.002002Z. Proven: 13 events are byte for byte what the agent sealed, ' +
        'by keys that the log itself gives, which whoever can write to Elasticsearch could have made up, and no event that was sealed and should be there was changed, ' +
        'removed or added. Nobody excused anything. Nothing here shows what was done on a node before the agent read it, or what a thief of a key in use signs (docs/threat-model.md).',
    );
    expect(report.at(-1)).toBe('verdict: verified');
  });

  test('prints one JSON object a line with --json', async () => {
    const { installation, writer, events, trust, origin } = await honest();
    await installation.remove('events', events[3]!.id);
    const { all } = await installation.verify('--json', '--trust', trust, '--now', writer.now.toISOString());
    const lines = all.stdout.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([
      expect.objectContaining({
        type: 'workpaper',
        trust: { file: trust, sha256: hash('sha256', await readFile(trust)) },
      }),
      {
        type: 'finding',
        identity: expect.stringMatching(/^[0-9a-f]{32}$/u) as unknown,
        finding: 'missing',
        origin,
        index: 3,
        batch: 0,
        id: events[3]!.id.slice(0, 29),
        evidence: {
          documents: [],
          seal: expect.objectContaining({ id: events[3]!.id, ordinal: 4, count: 4 }) as unknown,
        },
      },
      expect.objectContaining({
        type: 'summary',
        verdict: 'tampered',
        exitCode: 1,
        findings: { missing: 1 },
      }),
    ]);
  });

  test('could not check what it cannot reach, or where there is no record', async () => {
    const installation = new Installation(inject('elasticsearchUrl'));
    const none = await installation.verify();
    expect([none.findings, none.code]).toEqual([[], 2]);
    expect(none.all.stderr).toContain('is --namespace another?');
    const unreachable = new Installation('http://127.0.0.1:1');
    const { all } = await unreachable.verify();
    expect([all.code, all.stdout.at(-1)]).toEqual([2, 'trust file: none']);
    expect(all.stderr).toContain('could not check');
  });
});
