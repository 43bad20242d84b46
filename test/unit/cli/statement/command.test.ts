import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { defineStatement } from '../../../../agent/cli/statement/index.ts';
import { captured } from '../../../kit/captured-terminal.ts';
import { allDocuments, refresh } from '../../../kit/elasticsearch/index.ts';
import type { StoredDocument } from '../../../../agent/verify/index.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { addPersons, addTrust } from '../../../../agent/trust/index.ts';
import { Installation } from '../../../kit/installation.ts';
import type { Ran } from '../../../kit/installation.ts';

const cluster = 'prod';
const place = `${cluster}/cp-1/kube-apiserver`;
const origin1 = `${place}/20261123T004438Z`;
const origin2 = `${place}/20261123T014438Z`;

let folder: string;
let key: string;
let vkey: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-statement-'));
  key = join(folder, 'operator.key');
  vkey = (await say('key', '--out', key, '--name', 'alice@example.com')).stdout[0]!;
});
afterAll(() => rm(folder, { recursive: true }));

/** A log that ended an hour ago behind a gap, in Elasticsearch, and a trust file that lists it and the operator. */
async function ended() {
  const installation = new Installation(inject('elasticsearchUrl'));
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const writer = new LogWriter({ namespace: installation.namespace, at: hourAgo });
  writer.batch({ events: 2, notices: [{ kind: 'start', at: hourAgo }] });
  writer.batch({ events: 2, gaps: [{ reason: 'deleted' }] });
  await installation.write(writer.written);
  const trust = join(folder, `${installation.namespace}.json`);
  await addTrust(trust, [writer.vkey], 'refuse');
  await addPersons(trust, [vkey], 'operators');
  const to = ['--url', installation.url, '--namespace', installation.namespace];
  const acknowledge = ['acknowledge', '--log', writer.origin, '--first', '1', '--last', '1'];
  return { installation, origin: writer.origin, trust, to, acknowledge };
}

/** Runs the command in this process: it starts no other. */
async function say(...parameters: string[]): Promise<Ran> {
  const { code, out, error } = await captured(defineStatement, parameters);
  return { code, stdout: out.split('\n').slice(0, -1), stderr: error };
}

const signed = (why: string) => ['--key', key, '--why', why];

/** Two epochs an hour ago with nothing between them, the second ended, and what is signed of both. */
async function twoEpochs() {
  const installation = new Installation(inject('elasticsearchUrl'));
  const twoHoursAgo = new Date(Date.now() - 7_200_000).toISOString();
  const writer = new LogWriter({ namespace: installation.namespace, at: twoHoursAgo });
  const before = writer.origin;
  const trust = join(folder, `${installation.namespace}.json`);
  await addTrust(trust, [writer.vkey], 'refuse');
  for (let i = 0; i < 8; i += 1) writer.batch();
  writer.now = new Date(Date.parse(twoHoursAgo) + 3_600_000);
  writer.turn('20261123T014438Z', 'state lost');
  for (let i = 0; i < 3; i += 1) writer.batch();
  await addTrust(trust, [writer.vkey], 'beside');
  await addPersons(trust, [vkey], 'operators');
  const { written, origin } = writer;
  await installation.write(written);
  const signedAs = [...signed('known'), '--url', installation.url, '--namespace', installation.namespace];
  await say('acknowledge', '--log', origin, '--after', before, '--last', '7', ...signedAs);
  await say('retire', '--log', origin, '--last', '3', ...signedAs);
  await refresh(installation.url, installation.stream('records'));
  /** Deletes a batch as whoever may write there can: its record and its events. */
  const remove = async (ofOrigin: string, batch: number) => {
    const idsOf = (documents: readonly StoredDocument[]) =>
      documents.flatMap(({ id, source }) =>
        source.includes(`"origin":"${ofOrigin}","batch":${batch},`) ? [id] : [],
      );
    const ids = [idsOf(written.records), idsOf(written.events)] as const;
    expect([ids[0].length, ids[1].length > 0]).toEqual([1, true]);
    await installation.remove('records', ...ids[0]);
    await installation.remove('events', ...ids[1]);
  };
  /** Of everything, and of the last ninety minutes, in which the epoch before has nothing. */
  const verify = async () => {
    const both = await Promise.all([
      installation.verify('--trust', trust),
      installation.verify('--trust', trust, '--since', '90m', '--from-birth'),
    ]);
    return both.map(({ code, findings, all: { stdout } }) => ({
      code,
      findings,
      objections: stdout.filter((line) => line.includes('does not apply')),
    }));
  };
  return { verify, remove, before, origin };
}

describe.concurrent('an end that an operator has signed', () => {
  test('of a retired log is no other: who deletes its last batch makes it end early again', async () => {
    const { verify, remove, origin } = await twoEpochs();
    for (const { code, findings, objections } of await verify())
      expect([code, findings, objections]).toEqual([
        0,
        [
          expect.stringMatching(/^acknowledged unlinked epoch: /u),
          expect.stringMatching(/^retired ends early: .*, batch 3 /u),
        ],
        [],
      ]);
    await remove(origin, 3);
    for (const { code, findings, objections } of await verify())
      expect([code, findings, objections]).toEqual([
        3,
        [
          expect.stringMatching(/^acknowledged unlinked epoch: /u),
          expect.stringMatching(/^ends early: .*, batch 2 /u),
        ],
        [expect.stringMatching(/retire .*; does not apply: the log ends at batch 2 now, and 3 was signed$/u)],
      ]);
  });

  test('before an unlinked epoch is no other: who deletes the last batch there makes it unlinked again', async () => {
    const { verify, remove, before } = await twoEpochs();
    await remove(before, 7);
    for (const { code, findings, objections } of await verify())
      expect([code, findings, objections]).toEqual([
        3,
        [
          expect.stringMatching(
            new RegExp(`^unlinked epoch: .*; before it, ${before} ends with batch 6\\)$`, 'u'),
          ),
          expect.stringMatching(/^retired ends early: .*, batch 3 /u),
        ],
        [
          expect.stringMatching(
            /acknowledge .*; does not apply: the log ends at batch 6 now, and 7 was signed$/u,
          ),
        ],
      ]);
  });
});

describe('auditseal statement', () => {
  test('makes what is known green, and verify says who said it', async () => {
    const { installation, origin, trust, to, acknowledge } = await ended();
    const before = await installation.verify('--trust', trust);
    expect([before.code, before.findings.map((line) => line.split(':')[0])]).toEqual([
      3,
      ['gap', 'ends early'],
    ]);
    const sent = await say(...acknowledge, ...signed('cut by hand'), ...to);
    expect([sent.code, sent.stderr, sent.stdout.at(-1)]).toEqual([0, '', 'sent']);
    expect(sent.stdout[0]).toMatch(new RegExp(`acknowledge ${origin}, batches 1 to 1, as of 2`, 'u'));
    const retired = await say('retire', '--log', origin, '--last', '1', ...signed('replaced by cp-4'), ...to);
    expect([retired.code, retired.stderr]).toEqual([0, '']);
    await refresh(installation.url, installation.stream('records'));

    const known = [
      /^acknowledged gap: .*batch 1 \(deleted\); by alice@example\.com at 2.*: cut by hand$/u,
      /^retired ends early: .*; by alice@example\.com at 2.*: replaced by cp-4$/u,
    ];
    const after = await installation.verify('--trust', trust);
    expect([after.code, after.findings]).toEqual([
      0,
      known.map((line) => expect.stringMatching(line) as unknown),
    ]);
    expect(after.all.stdout).toContainEqual('statements: 2 count');
    expect(after.all.stdout.at(-1)).toBe('verdict: verified: 1 acknowledged, 1 retired');
    const since = new Date(Date.now() - 3_700_000).toISOString();
    const json = await installation.verify(
      '--trust',
      trust,
      '--json',
      '--from-birth',
      '--since',
      since,
      '--until',
      '30s',
    );
    expect(json.code, 'statements count, whatever the time that is asked for').toBe(0);
    const lines = json.all.stdout.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ type }) => type)).toEqual(['workpaper', 'excused', 'excused', 'summary']);
    expect(lines[3]).toMatchObject({ excused: { acknowledged: 1, retired: 1 }, findings: {} });
  });

  test('sent twice is one statement', async () => {
    const { to, acknowledge, installation } = await ended();
    const once = [...acknowledge, ...signed('x'), '--at', '2026-01-01T00:00:00Z', ...to];
    expect((await say(...once)).stdout.at(-1)).toBe('sent');
    const again = await say(...once);
    expect([again.code, again.stdout.at(-1)]).toEqual([0, 'was there already: nothing was changed']);
    await refresh(installation.url, installation.stream('records'));
    const ids: string[] = [];
    for await (const { id } of allDocuments(installation.url, installation.stream('records'))) ids.push(id);
    expect(ids.filter((id) => /^[0-9a-f]{16}-o[0-9a-f]{16}$/u.test(id))).toHaveLength(1);
  });

  test('signed where there is no network is sent from elsewhere', async () => {
    const { installation, trust, to, acknowledge } = await ended();
    const note = await say(...acknowledge, ...signed('offline'), '--print');
    expect(note.stderr).toContain('acknowledge');
    const file = join(folder, 'note');
    await writeFile(file, `${note.stdout.join('\n')}\n`);
    const sent = await say('send', file, '--vkey', vkey, ...to);
    expect([sent.code, sent.stderr, sent.stdout.at(-1)]).toEqual([0, '', 'sent']);
    await refresh(installation.url, installation.stream('records'));
    expect((await installation.verify('--trust', trust)).findings[0]).toContain('acknowledged gap');
    await writeFile(file, `${note.stdout.join('\n').replace('offline', 'forged!')}\n`);
    const forged = await say('send', file, '--vkey', vkey, ...to);
    expect([forged.code, forged.stderr]).toEqual([78, expect.stringContaining('does not verify') as unknown]);
    const none = await say('send', '/nowhere', '--vkey', vkey, ...to);
    expect([none.code, none.stderr]).toEqual([
      78,
      expect.stringContaining('the note /nowhere cannot be read') as unknown,
    ]);
  });

  test.each([
    [['retire', '--log', place, '--last', '1'], 'not <cluster>/<node>/<source>/<epoch>'],
    [['retire', '--log', origin1], '--last: give the last batch of'],
    [['retire', '--log', origin1], '“auditseal verify” prints each log'],
    [['acknowledge', '--log', place, '--first', '1', '--last', '1'], 'not <cluster>/<node>/<source>/<epoch>'],
    [['acknowledge', '--log', origin1, '--first', '3', '--last', '2'], 'the first not above the last'],
    [['acknowledge', '--log', origin1, '--first', '3'], 'give both'],
    [['acknowledge', '--log', origin1], 'for an unlinked epoch --after and --last'],
    [['acknowledge', '--log', origin1, '--last', '3'], 'give both'],
    [['acknowledge', '--log', origin2, '--after', origin1], '--last: give the last batch of'],
    [['acknowledge', '--log', origin2, '--after', place, '--last', '1'], '--after'],
    [['acknowledge', '--log', origin2, '--after', origin1, '--first', '0', '--last', '1'], '--last alone'],
    [['acknowledge', '--log', origin1, '--after', origin1, '--last', '1'], 'not an earlier epoch'],
    [['acknowledge', '--log', origin1, '--after', origin2, '--last', '1'], 'not an earlier epoch'],
    [
      ['acknowledge', '--log', origin2, '--after', origin1.replace('cp-1', 'cp-2'), '--last', '1'],
      'not an earlier',
    ],
    [['retire', '--log', origin1, '--last', '1', '--why', ' '], '--why'],
    [['retire', '--log', origin1, '--last', '1', '--at', '2999-01-01T00:00:00Z'], 'in the future'],
    [['retire', '--log', origin1, '--last', '1', '--key', '/nowhere'], '/nowhere cannot be read'],
  ])('refuses what makes no sense: %j', async (parameters, why) => {
    const ran = await say(...signedFirst(parameters), '--print');
    expect([ran.code, ran.stdout]).toEqual([78, []]);
    expect(ran.stderr).toContain(why);
  });

  test('says that a file cannot be read before it says that it sends something', async () => {
    const to = ['--url', 'http://127.0.0.1:1', '--api-key-file', '/nowhere'];
    const ran = await say('retire', '--log', origin1, '--last', '1', ...signed('x'), ...to);
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([
      78,
      [],
      expect.stringContaining('--api-key-file: /nowhere cannot be read') as unknown,
    ]);
  });

  test('neither prints nor sends a statement unless it is told to', async () => {
    const ran = await say('retire', '--log', origin1, '--last', '1', ...signed('x'));
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([
      78,
      [],
      expect.stringContaining('--url, --config or --print') as unknown,
    ]);
  });

  test('makes a key that others cannot read, and overwrites none', async () => {
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    const secret = await readFile(key, 'utf8');
    expect(secret).toMatch(/^PRIVATE\+KEY\+alice@example\.com\+[\da-f]{8}\+\S+\n$/u);
    const again = await say('key', '--out', key);
    expect([again.code, again.stderr]).toEqual([78, expect.stringContaining('is there already') as unknown]);
    expect(await readFile(key, 'utf8')).toBe(secret);
    const asLog = await say('key', '--out', join(folder, 'x'), '--name', 'a/b/c/d');
    expect([asLog.code, asLog.stderr]).toEqual([78, expect.stringContaining('of a log') as unknown]);
  });
});

/** What a case gives wins over what it leaves out. */
function signedFirst([command, ...rest]: string[]): string[] {
  return [command!, ...signed('x'), ...rest];
}
