import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { addTrust } from '../../../../agent/trust/index.ts';
import { temporaryFolder } from '../../../kit/agent/index.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { Installation } from '../../../kit/installation.ts';

/** Batches of three events a minute apart, from 00:00:00 on; the events of each are of the five seconds before it is sealed. */
async function tenMinutes() {
  const installation = new Installation(inject('elasticsearchUrl'));
  const writer = new LogWriter({
    namespace: installation.namespace,
    at: '2026-11-23T00:00:00.000Z',
    epoch: '20261123T000000Z',
  });
  for (let i = 0; i < 5; i += 1) writer.batch({ after: 60 });
  writer.turn('20261123T000500Z');
  for (let i = 0; i < 4; i += 1) writer.batch({ after: 60 });
  await installation.write(writer.written);
  const { records, events } = writer.written;
  const now = ['--now', writer.now.toISOString()];
  const check = (...range: string[]) => installation.verify(...now, ...range);
  return { installation, writer, records, events, check };
}

describe.concurrent('auditseal verify of a time range', () => {
  test('checks the batches that it touches and a neighbour on each side, and finds nothing in an honest log', async () => {
    const { check } = await tenMinutes();
    const { findings, code, all } = await check(
      '--since',
      '2026-11-23T00:01:30Z',
      '--until',
      '2026-11-23T00:02:30Z',
    );
    expect([findings, code], all.stderr).toEqual([[], 0]);
    expect(all.stdout).toContain('records: 11 read, 1 batches valid');
    expect(all.stdout).toContain('events: 9 documents read, 9 as sealed');
    expect(all.stdout.find((line) => line.startsWith('checked: '))).toContain(
      'checked: 2026-11-23T00:01:30.000Z to 2026-11-23T00:02:30.000Z of namespace',
    );
  });

  test('takes every key from the ends of the epochs, also for a range within the last', async () => {
    const { check } = await tenMinutes();
    const { findings, code, all } = await check('--since', '3m');
    expect([findings, code], all.stderr).toEqual([[], 0]);
    expect(
      all.stdout.filter((line) => line.startsWith('log: ')).map((line) => line.split(', key ')[1]),
    ).toEqual(['from the log itself', 'from next']);
  });

  test('misses no epoch of the trust file that lies before it', async () => {
    const { check, records } = await tenMinutes();
    const { vkey } = (JSON.parse(records[0]!.source.toString()) as { auditseal: { vkey: string } }).auditseal;
    await using folder = await temporaryFolder();
    const trust = join(folder.path, 'trust.json');
    await addTrust(trust, [vkey], 'refuse');
    const { findings, code, all } = await check('--since', '3m', '--trust', trust);
    expect([findings, code], all.stderr).toEqual([[], 0]);
  });

  test('names what is wrong in it and not what is wrong elsewhere', async () => {
    const { installation, writer, events, check } = await tenMinutes();
    const first = events[0]!.source.toString().match(/"origin":"([^"]+)"/u)![1];
    await installation.remove('events', events[7]!.id, events[13]!.id);
    const within = await check('--since', '2026-11-23T00:01:30Z', '--until', '2026-11-23T00:02:30Z');
    expect(within.findings).toEqual([
      `missing: ${first}, index 9, batch 2, id ${events[7]!.id.slice(0, 29)}`,
    ]);
    expect(within.code).toBe(1);
    const outside = await check('--since', '2026-11-23T00:06:30Z');
    expect([outside.findings, outside.code, writer.now.toISOString()]).toEqual([
      [],
      0,
      '2026-11-23T00:09:20.000Z',
    ]);
  });

  test('misses a record within it', async () => {
    const { installation, records, events, check } = await tenMinutes();
    const first = events[0]!.source.toString().match(/"origin":"([^"]+)"/u)![1];
    await installation.remove('records', records[2]!.id);
    const { findings, code } = await check(
      '--since',
      '2026-11-23T00:01:30Z',
      '--until',
      '2026-11-23T00:03:30Z',
    );
    expect(findings).toEqual([
      `missing record: ${first}, batch 2`,
      `unproven: ${first}, index 8 (3 events whose record is missing)`,
    ]);
    expect(code).toBe(1);
  });

  test('sees an event that was edited into it', async () => {
    const { installation, events, check } = await tenMinutes();
    const { id, source } = events[12]!;
    const edited = source
      .toString()
      .replace(/"@timestamp":"[^"]+"/u, '"@timestamp":"2026-11-23T00:01:58.000Z"');
    await installation.put('events', id, Buffer.from(edited));
    const { code } = await check('--since', '2026-11-23T00:01:30Z', '--until', '2026-11-23T00:02:30Z');
    expect(code).not.toBe(0);
  });

  test('says that the log ends early where the range reaches past it', async () => {
    const { installation, writer } = await tenMinutes();
    const later = new Date(writer.now.getTime() + 3_600_000).toISOString();
    const past = await installation.verify('--now', later, '--since', '90m', '--from-birth');
    expect(past.findings).toEqual([expect.stringMatching(/^ends early: /u)]);
    const before = await installation.verify(
      '--now',
      later,
      '--from-birth',
      '--since',
      '90m',
      '--until',
      writer.now.toISOString(),
    );
    expect(before.findings).toEqual([]);
  });

  test('refuses a time that is none', async () => {
    const { check } = await tenMinutes();
    const { all } = await check('--since', 'yesterday');
    expect(all.code).toBe(2);
    expect(all.stderr).toContain('--since: "yesterday" is neither a day');
  });
});
