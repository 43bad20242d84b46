import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { describeStatus } from '../../../../agent/cli/status/report.ts';
import { readStatus } from '../../../../agent/store/index.ts';
import { until } from '../../../kit/agent/index.ts';
import { Scene } from '../../../kit/scene.ts';
import { statusOf } from '../../../kit/status.ts';
import { standIn } from '../../../kit/stand-in.ts';

const url = inject('elasticsearchUrl');

/** By the state folder alone: the configuration is gone by then. */
const stateOf = ({ folder }: Scene) => join(folder, 'state');
const status = async (scene: Scene) => (await statusOf(stateOf(scene))).text;

const value = (text: string, name: string) => new RegExp(`^  ${name} +(.*)$`, 'mu').exec(text)?.[1];

test('status tells from the state folder alone what was done, what waits, since when, and why, with and without an agent', async () => {
  await using broken = await standIn({ status: 403, body: '{"error":{"type":"security_exception"}}' });
  await using scene = await Scene.make({ url, more: { heartbeatSeconds: 1 } });
  await scene.writer.lines(30);
  const first = await scene.start();
  await scene.shipped();
  await until(
    async () => /^  waiting +0 events/mu.test(await status(scene)),
    () => first.tail(),
  );
  await rm(scene.config);
  const calm = await status(scene);
  expect(value(calm, 'agent')).toMatch(/runs|not known here/u);
  expect(value(calm, 'read')).toBe('30 lines');
  expect(value(calm, 'shipped')).toMatch(/^30 events, newest \d{4}-\d\d-\d\dT/u);
  expect(value(calm, 'acknowledged')).toMatch(/^last \d{4}-\d\d-\d\dT.* ago\)$/u);
  expect(value(calm, 'last failure')).toBe('none');
  expect(calm).not.toContain('ATTENTION');
  expect((await statusOf(stateOf(scene))).code).toBe(0);
  expect(await first.stop()).toBe(0);

  // Elasticsearch refuses the key from now on; what is written after that waits.
  await scene.configure({ url: broken.url, more: { heartbeatSeconds: 1 } });
  const second = await scene.start();
  await scene.writer.lines(7);
  await until(
    async () =>
      /^  last failure +\d/mu.test(await status(scene)) && /^  waiting +7 events/mu.test(await status(scene)),
    () => second.tail(),
  );
  await second.kill();
  const text = await status(scene);
  expect(value(text, 'agent')).toMatch(/DOES NOT RUN|not known here/u);
  expect(value(text, 'waiting')).toMatch(/^7 events in \d+ batches, [\d.]+ KiB, oldest event \d{4}-/u);
  expect(value(text, 'last failure')).toMatch(/ ago\), unauthorized: .*403/u);
  expect(value(text, 'acknowledged')).toMatch(/^last \d{4}/u);
  expect(text).toMatch(/ATTENTION +Elasticsearch has not answered since the last start/u);

  const { text: json, code } = await statusOf(stateOf(scene), '--json');
  expect(code).toBe(3);
  expect(JSON.parse(json)).toMatchObject({
    attention: expect.arrayContaining([expect.stringContaining('AuditsealNotShipping')]),
    observed: { trouble: { cause: 'unauthorized' } },
  });

  const hourLater = new Date(Date.now() + 3_600_000);
  const limits = { spoolBytesMax: 1024 * 1024, freeBytesMin: 1024, heartbeatSeconds: 1 };
  const later = describeStatus(readStatus(join(scene.folder, 'state')), limits, hourLater);
  expect(later).toMatch(/ATTENTION +nothing was sealed for more than 2 s, not even a heartbeat/u);
  expect(value(later, 'waiting')).toMatch(/\(\d+ % of the spool's share\)/u);
  expect(value(later, 'disk')).toMatch(/ free, reading pauses below 1\.0 KiB$/u);
});
