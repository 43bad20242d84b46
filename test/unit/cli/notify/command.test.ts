import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defineNotify } from '../../../../agent/cli/notify/index.ts';
import { temporaryFolder } from '../../../kit/agent/index.ts';
import { captured } from '../../../kit/captured-terminal.ts';
import { standIn } from '../../../kit/stand-in.ts';

const run = (...parameters: string[]) => captured(defineNotify, ['test', ...parameters]);

test('test tells each endpoint, or those that are named, and says what came of it without a URL', async () => {
  await using place = await temporaryFolder();
  await using good = await standIn({ body: 'ok' });
  await using gone = await standIn({ status: 404, body: 'channel_not_found' });
  const endpoints = await Promise.all(
    Object.entries({ good, gone }).map(async ([name, { url }]) => {
      const urlFile = join(place.path, name);
      await writeFile(urlFile, `${url}/s3cret`);
      return { name, type: 'slack', urlFile, allowPrivateAddresses: true };
    }),
  );
  const file = join(place.path, 'auditseal.yaml');
  const settings = {
    cluster: 'test',
    sources: [{ name: 'kube-apiserver', path: '/var/log/audit.log' }],
    elasticsearch: { urls: ['https://elasticsearch.example:9200'] },
  };
  await writeFile(file, JSON.stringify({ ...settings, notifications: { endpoints } }));
  expect(await run('--config', file)).toMatchObject({
    code: 2,
    out: 'good (slack): delivered\n',
    error: 'gone (slack): not delivered: answered 404 channel_not_found\n',
  });
  expect(await run('--config', file, '--endpoint', 'good')).toMatchObject({ code: 0, error: '' });
  expect(await run('--config', file, '--endpoint', 'nobody')).toMatchObject({ code: 78 });
  expect([good.requests.length, gone.requests.length]).toEqual([2, 1]);
  await writeFile(file, JSON.stringify(settings));
  expect(await run('--config', file)).toMatchObject({
    code: 78,
    error: expect.stringContaining('notifications.endpoints: has none') as unknown,
  });
});
