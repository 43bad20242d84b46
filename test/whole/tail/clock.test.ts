import { expect, inject, test } from 'vitest';
import { runAgent } from '../../../agent/agent.ts';
import { loadSetup } from '../../../agent/cli/load.ts';
import { createLogger } from '../../../agent/observe/index.ts';
import { manifestsOf } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';

const hour = 3_600_000;

test('steps of the agent’s clock, backwards and forwards, lose nothing and repeat nothing, and the log says so', async () => {
  await using scene = await Scene.make({
    url: inject('elasticsearchUrl'),
    more: { heartbeatSeconds: 86_400 },
  });
  const { writer } = scene;
  // The agent's alone: a file system's clock cannot be stepped here, and names are held against it (docs/seal-format.md §2).
  let clock = -2 * hour;
  const stop = new AbortController();
  const running = runAgent(
    {
      ...(await loadSetup(scene.config)),
      logger: createLogger('silent'),
      agent: { name: 'auditseal', version: '0.0.0' },
      now: () => new Date(Date.now() + clock),
      failpoint: () => undefined,
    },
    stop.signal,
  );
  try {
    for (const next of [-3 * hour, 0, -1 * hour]) {
      await writer.lines(20);
      writer.rotate();
      await writer.lines(20);
      await scene.shipped();
      clock = next;
    }
    await writer.lines(20);
    writer.rotate();
    await writer.lines(20);
    await scene.shipped();
  } finally {
    stop.abort();
    await running;
  }
  // Nothing but the two steps back, which the verifier names.
  const problems = await scene.problems();
  expect(problems.filter((line) => /^(?:verify|clock back): /u.test(line))).toEqual([
    'verify: exit 3',
    expect.stringMatching(/^clock back: .* batch \d+ /u),
    expect.stringMatching(/^clock back: .* batch \d+ /u),
  ]);
  expect(problems).toContainEqual('verdict: not proven complete: 2 clock back');
  const steps = (await manifestsOf(scene.url, scene.namespace))
    .flatMap(({ notices }) => notices)
    .flatMap((notice) => (notice.kind === 'clock' ? [Math.round(notice.seconds / 360) / 10] : []));
  expect(steps).toEqual([-1, -1]);
});
