import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { longLines } from './long-lines.ts';
import { residentBytesMax } from '../../kit/memory-formula.ts';
import { MemoryLimit } from '../../kit/memory-limit.ts';

const url = inject('elasticsearchUrl');
const mebibyte = 1024 * 1024;

test('lines of up to 100 MB, streamed without a newline until their end, arrive in the long form, in the memory that operations.md writes', async () => {
  const { problems, isLimited, peakBytes } = await longLines({
    url,
    lines: [
      { kind: 'quotes', bytes: 1.5e6 },
      { kind: 'deep', bytes: 1.5e6 },
      { kind: 'text', bytes: 1.5e6 },
      { kind: 'deep', bytes: 20e6 },
      { kind: 'text', bytes: 20e6 },
      { kind: 'quotes', bytes: 100e6 },
    ],
  });
  expect(problems).toEqual([]);
  if (!isLimited)
    console.error(`no memory cgroup can be made here: only the peak was compared (${peakBytes} bytes)`);
});

test('an agent that needs more than the limit would be killed', ({ skip }) => {
  const limit = MemoryLimit.make(32 * mebibyte) ?? skip('no memory cgroup can be made here');
  try {
    const allocate = [process.execPath, '-e', 'Buffer.alloc(64 * 1024 * 1024, 1)'];
    const [shell, ...args] = limit.under;
    expect(spawnSync(shell, [...args, ...allocate]).signal).toBe('SIGKILL');
    expect(limit.kills).toBe(1);
  } finally {
    limit[Symbol.dispose]();
  }
});

test('operations.md has the numbers of the formula', async () => {
  const text = await readFile(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8');
  for (const sources of [1, 3]) {
    const mebibytes = Math.ceil(residentBytesMax({ sources }) / mebibyte);
    expect(text).toContain(`${mebibytes} MiB`);
  }
});
