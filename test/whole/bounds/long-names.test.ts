import { expect, test } from 'vitest';
import { whoBytesMax } from '../../kit/memory-formula.ts';
import { longNamesServer } from './long-names.ts';
import { run } from './peak.ts';

// Of each of the first three: 7 names of 8000 letters an event, three times what is held of them and more.
test.each([
  ['requests', { letter: 'x', characters: 8000, isOneRequest: false, events: 3000 }],
  [
    'requests, in letters of two bytes',
    { letter: '管', characters: 8000, isOneRequest: false, events: 1500 },
  ],
  ['requests of one Audit-ID', { letter: 'x', characters: 8000, isOneRequest: true, events: 3000 }],
  [
    'more requests than there are rows',
    { letter: 'x', characters: 20, isOneRequest: false, events: 120_000 },
  ],
])(
  'the names in %s do not exhaust who, which counts all and says what it cannot tell apart',
  async (_name, names) => {
    await using server = await longNamesServer(names);
    const { code, out, peak } = await run('who', '--url', server.url, '--json');
    const summary = JSON.parse(out.trimEnd().split('\n').at(-1)!) as object;
    expect({ code, ...summary }).toMatchObject({ code: 3, type: 'summary', requests: names.events });
    expect(peak).toBeLessThan(whoBytesMax);
  },
);
