import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseTimeStamp, timeStampQuery } from '../../../agent/seal/index.ts';
import { hasOpenssl, Tsa } from '../../kit/tsa.ts';

const run = promisify(execFile);
const note = 'prod/cp-1/kube-apiserver/20261123T004438Z\n4\nAAAA\n\n\u2014 x y\n';

describe.skipIf(!hasOpenssl)('a time-stamp by openssl’s own TSA', () => {
  test('is of what was asked for, and openssl verifies it alone', async () => {
    await using tsa = await Tsa.make();
    const nonce = randomBytes(8);
    const reply = await tsa.reply(timeStampQuery(note, nonce));
    const { at } = parseTimeStamp(reply, note, nonce);
    expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(3_600_000);
    expect(() => parseTimeStamp(reply, `${note} `)).toThrow('of something else');
    expect(() => parseTimeStamp(reply, note, randomBytes(8))).toThrow('nonce');
    const folder = await mkdtemp(join(tmpdir(), 'stamp-'));
    try {
      await writeFile(join(folder, 'checkpoint'), note);
      await writeFile(join(folder, 'reply.tsr'), reply);
      const verify = ['ts', '-verify', '-data', 'checkpoint', '-in', 'reply.tsr', '-CAfile', tsa.caFile];
      const { stdout, stderr } = await run('openssl', verify, { cwd: folder });
      expect(stdout + stderr).toContain('Verification: OK');
      await writeFile(join(folder, 'checkpoint'), note.replace('4', '5'));
      await expect(run('openssl', verify, { cwd: folder })).rejects.toThrow('mismatch');
    } finally {
      await rm(folder, { recursive: true });
    }
    // Whatever a TSA answers, or somebody writes there: an error of ours, or the same.
    for (let i = 0; i < reply.length; i += 7) {
      const changed = Buffer.from(reply);
      changed[i] = changed[i]! ^ 0x10;
      try {
        parseTimeStamp(changed, note, nonce);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-time-stamp' });
      }
      expect(() => parseTimeStamp(reply.subarray(0, i), note)).toThrow('this is no time-stamp');
    }
  });
});

test('what is no reply, or a refusal, is said', () => {
  expect(() => parseTimeStamp(Buffer.from('3005300302010203'.slice(0, 14), 'hex'), note)).toThrow(
    'not granted',
  );
  expect(() => parseTimeStamp(Buffer.from('<html>'), note)).toThrow('this is no time-stamp');
});
