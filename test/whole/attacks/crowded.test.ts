import { expect, inject, test } from 'vitest';
import { Attacked } from '../../kit/attacked.ts';
import { auditseal } from '../../kit/installation.ts';

const url = inject('elasticsearchUrl');

test('a create_doc key puts documents that are no records before those that hold a place: it is found all the same', async () => {
  await using log = await Attacked.make(url, (writer) => {
    for (let i = 0; i < 8; i += 1) writer.batch({ after: 60 });
  });
  const [event] = log.events.slice(4);
  const inRange: [RegExp, string] = [/"@timestamp":"[^"]+"/u, '"@timestamp":"2026-11-23T00:48:30.000Z"'];
  await log.create('events', 'forged', log.forge(event!, inRange));
  // Sorted before every record by number, and after every one.
  for (const batch of [-1, 1e15])
    for (let i = 0; i < 25; i += 1) {
      const members = { origin: log.origin, first: 0, size: 1e15, batch };
      const document = JSON.stringify({ '@timestamp': '2026-11-20T00:00:00Z', auditseal: members });
      await log.create('records', `0123456789abcdef-x${batch}-${i}`, document);
    }
  const { findings, code, report } = await log.verify('--since', '2026-11-23T00:48:00Z');
  expect([findings, code], report).toEqual([
    [
      'inserted: LOG, index 5, batch 1, id forged (its time is in the range, and the batch of its index is not)',
    ],
    1,
  ]);
  const common = ['--url', url, '--namespace', log.installation.namespace, '--trust', log.trust];
  const shown = await auditseal(['show', log.events[6]!.id, ...common]);
  expect([shown.code, shown.stdout.at(-1)], shown.stderr).toEqual([0, 'verdict: verified']);
});
