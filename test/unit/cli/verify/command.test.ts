import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../kit/agent/index.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { main } from '../../../kit/agent/programs.ts';
import { auditseal } from '../../../kit/installation.ts';
import { MisbehavingServer } from './misbehaving-server.ts';

function log(): LogWriter {
  const writer = new LogWriter();
  for (let i = 0; i < 5; i += 1) writer.batch({ events: 200 });
  return writer;
}

/** A page of events, not their count. */
const isEventSearch = (body: string) =>
  body.includes('"pit":{"id":"events"') && !body.includes('"track_total_hits":true');
const verify = ({ url }: MisbehavingServer, writer: LogWriter, ...more: string[]) =>
  auditseal(['verify', '--url', url, '--now', writer.now.toISOString(), ...more]);

describe.concurrent('auditseal verify', () => {
  test('reads everything from a server that behaves', async () => {
    const writer = log();
    await using server = await MisbehavingServer.start(writer.written, () => undefined);
    const { code, stdout, stderr } = await verify(server, writer);
    expect([code, stderr, stdout.at(-1)]).toEqual([0, '', 'verdict: verified']);
    expect(server.requests.filter((path) => path === 'DELETE /_pit')).toHaveLength(2);
  });

  test('told to stop in the middle, it still writes that it could not check', async () => {
    const writer = log();
    const verdicts: string[] = [];
    const asked = Promise.withResolvers<void>();
    await using server = await MisbehavingServer.start(writer.written, ({ path, body }) => {
      if (path.endsWith('/_bulk')) verdicts.push(`${path} ${body}`);
      if (!isEventSearch(body)) return undefined;
      asked.resolve();
      return 'misbehaved';
    });
    await using folder = await temporaryFolder();
    const key = join(folder.path, 'key');
    await writeFile(key, 'a2V5OnNlY3JldA==');
    const child = spawn(process.execPath, [
      main,
      'verify',
      '--url',
      server.url,
      '--verdict-api-key-file',
      key,
    ]);
    const exited = once(child, 'exit');
    await asked.promise;
    child.kill('SIGTERM');
    expect(await exited).toEqual([2, null]);
    expect(verdicts).toEqual([
      expect.stringMatching(
        /^POST \/logs-auditseal\.verify-auditseal\/_bulk .*"could not check: stopped before the end: 5 records, 0 notes and 0 events read"/su,
      ),
    ]);
  });

  test('says so when there are fewer events than were asked for, as where there are heartbeats alone', async () => {
    const writer = log();
    await using server = await MisbehavingServer.start(writer.written, () => undefined);
    expect((await verify(server, writer, '--events-min', '1000')).code).toBe(0);
    const { code, stdout } = await verify(server, writer, '--events-min', '1001');
    expect([code, stdout.at(-1)]).toEqual([
      2,
      'verdict: could not check: 1000 events as sealed, and at least 1001 expected: does the apiserver write an audit log?',
    ]);
  });

  test('says so when the server dies in the middle of the events', async () => {
    const writer = log();
    await using server = await MisbehavingServer.start(writer.written, ({ body }, answer, response) => {
      if (!isEventSearch(body)) return undefined;
      response.write(answer.subarray(0, answer.length / 2), () => server.die());
      return 'misbehaved';
    });
    const { code, stdout, stderr } = await verify(server, writer);
    expect([code, stdout.at(-1)]).toEqual([2, 'trust file: none']);
    expect(stderr).toMatch(/^auditseal verify: could not check: POST \/_search: .*\n$/u);
  });

  test('asks again for what broke off, from the last document on', async () => {
    const writer = log();
    let broke = false;
    await using server = await MisbehavingServer.start(writer.written, ({ body }, answer, response) => {
      if (broke || !body.includes('"search_after"') || !isEventSearch(body)) return undefined;
      broke = true;
      const cut = answer.indexOf('"_id":"', answer.length / 2);
      response.write(answer.subarray(0, cut), () => response.destroy());
      return 'misbehaved';
    });
    const { code, stdout, stderr } = await verify(server, writer);
    expect([code, stderr, stdout.at(-1)]).toEqual([0, '', 'verdict: verified']);
    expect(broke).toBe(true);
    expect(stdout).toContain('events: 1000 documents read, 1000 as sealed');
  });

  test.each<[string, string | Buffer, number, string]>([
    [
      'a shard fails',
      '{"timed_out":false,"_shards":{"failed":1,"failures":[{"reason":"broken"}]},"hits":{"hits":[]}}',
      200,
      'not every shard answered: [{"reason":"broken"}]',
    ],
    [
      'a search runs out of time',
      '{"timed_out":true,"_shards":{"failed":0},"hits":{"hits":[]}}',
      200,
      'not every shard answered',
    ],
    [
      'it may not read',
      '{"error":"action is unauthorized"}',
      403,
      'POST /_search: 403 {"error":"action is unauthorized"}',
    ],
    ['the answer is no JSON', '<html>', 200, 'not JSON'],
  ])('could not check when %s', async (_what, body, status, message) => {
    const writer = log();
    await using server = await MisbehavingServer.start(writer.written, (request, _answer, response) => {
      if (!isEventSearch(request.body)) return undefined;
      response.writeHead(status).end(body);
      return 'misbehaved';
    });
    const { code, stderr } = await verify(server, writer);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('what the server says does not steer the terminal', async () => {
    const writer = log();
    await using server = await MisbehavingServer.start(writer.written, (request, _answer, response) => {
      if (!isEventSearch(request.body)) return undefined;
      response.writeHead(403).end('\u001B[2J\u009B1A\u202E\nverdict: verified\n');
      return 'misbehaved';
    });
    const { code, stderr } = await verify(server, writer);
    expect(code).toBe(2);
    expect(stderr).toContain(String.raw`403 \u001b[2J\u009b1A\u202e`);
    expect(stderr).not.toMatch(/^verdict/mu);
    expect(stderr).not.toMatch(/[^\n\P{C}]/u);
  });

  test('ends at SIGINT with 2, and leaves no point in time behind', async () => {
    const writer = log();
    const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
    await using server = await MisbehavingServer.start(writer.written, ({ body }, answer, response) => {
      if (!isEventSearch(body)) return undefined;
      response.write(answer.subarray(0, answer.length / 2), () => asked());
      return 'misbehaved';
    });
    const child = spawn(process.execPath, [main, 'verify', '--url', server.url], { stdio: 'pipe' });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await isAsked;
    child.kill('SIGINT');
    expect((await once(child, 'close'))[0]).toBe(2);
    expect(stderr).toMatch(
      /^auditseal verify: could not check: stopped before the end: [1-9]\d* records, \d+ notes and \d+ events read\n$/u,
    );
    expect(server.requests.filter((path) => path === 'DELETE /_pit')).toHaveLength(2);
  });
});
