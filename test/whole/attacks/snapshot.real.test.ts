import { expect } from 'vitest';
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { startElasticsearch } from '../../kit/elasticsearch/index.ts';
import { auditseal, Installation } from '../../kit/installation.ts';
import { testReal as test } from '../../kit/real.ts';
import { LogWriter } from '../../kit/seal/log.ts';

async function send(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer).slice(0, 1000)}`);
  return answer;
}

test('what was restored from a snapshot into another cluster verifies, and what was tampered with before does not', async () => {
  await using folder = await temporaryFolder();
  const repository = { type: 'fs', settings: { location: folder.path } };
  const first = await startElasticsearch();
  const streams: string[] = [];
  let [namespace, now] = ['', ''];
  try {
    const installation = new Installation(first.url);
    ({ namespace } = installation);
    const writer = new LogWriter({ namespace });
    for (let batch = 0; batch < 3; batch += 1) writer.batch({ events: 4 });
    now = writer.now.toISOString();
    await installation.write(writer.written);
    streams.push(eventStream(namespace), recordStream(namespace));
    await send(first.url, 'PUT', '/_snapshot/kept', repository);
    const take = async (name: string) =>
      await send(first.url, 'PUT', `/_snapshot/kept/${name}?wait_for_completion=true`, {
        indices: streams.join(','),
        include_global_state: false,
      });
    expect(await take('honest')).toMatchObject({ snapshot: { state: 'SUCCESS', data_streams: streams } });
    await installation.remove('events', writer.written.events[1]!.id);
    expect(await take('tampered')).toMatchObject({ snapshot: { state: 'SUCCESS' } });
  } finally {
    await first.stop();
  }

  const verdicts: Record<string, unknown> = {};
  for (const name of ['honest', 'tampered']) {
    const second = await startElasticsearch();
    try {
      await send(second.url, 'PUT', '/_snapshot/kept', {
        ...repository,
        settings: { ...repository.settings, readonly: true },
      });
      await send(second.url, 'POST', `/_snapshot/kept/${name}/_restore?wait_for_completion=true`, {
        indices: streams.join(','),
        include_global_state: false,
      });
      const ran = await auditseal(['verify', '--url', second.url, '--namespace', namespace, '--now', now]);
      verdicts[name] = [ran.code, ran.stdout.at(-1)];
    } finally {
      await second.stop();
    }
  }
  expect(verdicts).toEqual({
    honest: [0, 'verdict: verified'],
    tampered: [1, 'verdict: tampered: 1 missing'],
  });
});
