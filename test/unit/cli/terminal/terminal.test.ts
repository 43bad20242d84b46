import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../kit/agent/index.ts';
import { main } from '../../../kit/agent/programs.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { MisbehavingServer } from '../verify/misbehaving-server.ts';

/** Runs a command whose standard output nobody reads. */
async function unread(...parameters: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [main, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, stderr };
}

describe.concurrent('a reader that goes away is silent, and changes no result', () => {
  test('verify of a log that is whole', async () => {
    const writer = new LogWriter();
    for (let i = 0; i < 5; i += 1) writer.batch({ events: 200 });
    await using server = await MisbehavingServer.start(writer.written, () => undefined);
    const now = writer.now.toISOString();
    const parameters = ['verify', '--url', server.url, '--now', now];
    expect(await unread(...parameters, '--json')).toEqual({ code: 0, stderr: '' });
    expect(await unread(...parameters)).toEqual({ code: 0, stderr: '' });
  });

  test('verify of a log of which a thousand events are missing, each a line', async () => {
    const writer = new LogWriter();
    for (let i = 0; i < 5; i += 1) writer.batch({ events: 200 });
    const written = { ...writer.written, events: [] };
    await using server = await MisbehavingServer.start(written, () => undefined);
    const now = writer.now.toISOString();
    expect(await unread('verify', '--url', server.url, '--now', now, '--json')).toEqual({
      code: 1,
      stderr: '',
    });
  });

  test.each([['--help'], ['version'], ['--version'], ['verify --help']])('%s', async (parameters) => {
    expect(await unread(...parameters.split(' '))).toEqual({ code: 0, stderr: '' });
  });

  test('a command that fails where nobody reads why', async () => {
    const child = spawn(process.execPath, [main, 'who'], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.destroy();
    expect(await once(child, 'exit')).toEqual([78, null]);
  });
});

test('output that is lost on a full disk is no success', async () => {
  await using folder = await temporaryFolder();
  const config = join(folder.path, 'auditseal.yaml');
  const source = { name: 'kube-apiserver', path: '/var/log/audit.log' };
  const elasticsearch = { urls: ['https://127.0.0.1:1'] };
  await writeFile(config, JSON.stringify({ cluster: 'prod', sources: [source], elasticsearch }));
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [main, 'validate', '--config', config], {
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  const [stderr, exited] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
  expect(exited).toEqual([2, null]);
  expect(stderr).toContain('auditseal: standard output cannot be written: ENOSPC');
});
