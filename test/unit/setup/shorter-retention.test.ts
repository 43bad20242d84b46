import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test as always } from 'vitest';
import { defineStatement } from '../../../agent/cli/statement/index.ts';
import { makeOperatorKey, addPersons } from '../../../agent/trust/index.ts';
import { eventStream } from '../../../agent/streams/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { captured } from '../../kit/captured-terminal.ts';
import { refresh } from '../../kit/elasticsearch/index.ts';
import { securedElasticsearch } from '../../kit/elasticsearch/secured.ts';
import { Installation } from '../../kit/installation.ts';
import { LogWriter } from '../../kit/seal/log.ts';
import { administrator, setup } from './command.ts';
import { Secured } from './secured.ts';

const node = await securedElasticsearch();
/** Elasticsearch's security needs a JDK and Maven, which a machine with an Elasticsearch of its own may lack. */
const test = always.skipIf(!node);

const hour = 3_600_000;

/** A cluster that setup has prepared for 400 days, and a log in it that began three hours ago. */
async function scene() {
  const folder = await temporaryFolder();
  const server = await Secured.start(node!.openUrl);
  const installation = new Installation(node!.openUrl);
  const { namespace } = installation;
  const options = await administrator(folder.path, server.url, namespace);
  const prepared = await setup(...options, '--no-key');
  expect(prepared, prepared.error).toMatchObject({ code: 0, error: '' });
  const at = new Date(Date.now() - 3 * hour).toISOString();
  const writer = new LogWriter({ namespace, at });
  return {
    server,
    installation,
    writer,
    path: folder.path,
    retention: () => server.streams.managed.get(eventStream(namespace))?.retention,
    setup: async (...more: string[]) => await setup(...options, '--no-key', ...more),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function starting(writer: LogWriter, retentionDays: number) {
  writer.marker(retentionDays);
  writer.batch({
    notices: [{ kind: 'start', at: writer.now.toISOString() }],
    lies: { retentionDays },
  });
  for (let batch = 0; batch < 6; batch++) writer.batch({ lies: { retentionDays } });
}

test('what sealed batches promise is not shortened before an eraser has signed the command that setup prints', async () => {
  await using at = await scene();
  const { installation, writer } = at;
  for (const days of [20, 400, 90, 30]) starting(writer, days);
  await installation.write(writer.written);
  await installation.remove('events', writer.written.events[30]!.id);
  const before = at.server.changes.length;

  const refused = await at.setup('--retention-days', '30');
  expect(refused.code, refused.error).toBe(2);
  expect(refused.error).toContain(`${writer.origin}, batches 7 to 20: 400 days`);
  expect([at.server.changes.length, at.retention()]).toEqual([before, '400d']);

  const [, command = ''] = /^ *auditseal statement (retention .*)$/mu.exec(refused.error) ?? [];
  expect(command).toContain(`--log ${writer.origin} --first 7 --last 20 --days 30 `);
  const [operator, eraser, trust, apiKey] = ['operator.key', 'eraser.key', 'trust.json', 'api-key'].map(
    (name) => join(at.path, name),
  ) as [string, string, string, string];
  await writeFile(apiKey, 'aaaa');
  await addPersons(trust, [await makeOperatorKey(operator, 'operator@example.com')], 'operators');
  const sign = async (key: string) => {
    const given = command
      .replace("'…'", 'smaller')
      .replace('eraser.key', key)
      .replace(
        /--url … --api-key-file …$/u,
        `--url ${installation.url} --namespace ${installation.namespace}`,
      );
    const sent = await captured(defineStatement, given.split(' '));
    await refresh(installation.url, installation.stream('records'));
    return sent;
  };
  expect(await sign(operator)).toMatchObject({ code: 0 });
  expect(await at.setup('--retention-days', '30', '--trust', trust)).toMatchObject({ code: 2 });
  await addPersons(trust, [await makeOperatorKey(eraser, 'eraser@example.com')], 'erasers');
  expect(await at.setup('--retention-days', '30', '--trust', trust)).toMatchObject({ code: 2 });
  expect(await sign(eraser)).toMatchObject({ code: 0 });
  expect(await at.setup('--retention-days', '30'), 'without a trust file').toMatchObject({ code: 2 });
  expect(await at.setup('--retention-days', '29', '--trust', trust), 'shorter still').toMatchObject({
    code: 2,
  });
  expect([at.server.changes.length, at.retention()]).toEqual([before, '400d']);
  const done = await at.setup('--retention-days', '30', '--trust', trust);
  expect(done, done.error).toMatchObject({ code: 0, error: '' });
  expect(at.retention()).toBe('30d');

  const { findings, code } = await installation.verify('--now', writer.now.toISOString());
  expect(
    findings.map((line) => line.split(':')[0]),
    'what was deleted before',
  ).toEqual(['missing']);
  expect(code).toBe(1);
  expect((await at.setup('--retention-days', '30')).error, 'again, without the trust file').toMatch(
    /^warning: events are kept for 30 days, and sealed batches promise more: .*batches 7 to 20: 400 days/u,
  );
});

test('an agent that still promises more is to be configured first; a longer retention asks nothing', async () => {
  await using at = await scene();
  at.writer.now = new Date();
  starting(at.writer, 400);
  await at.installation.write(at.writer.written);
  const refused = await at.setup('--retention-days', '90');
  expect(refused).toMatchObject({
    code: 2,
    error: expect.stringContaining(`still promise it: ${at.writer.origin}`) as unknown,
  });
  expect(refused.error).toContain('elasticsearch.retentionDays: 90');
  expect(refused.error).not.toContain('auditseal statement');
  expect(await at.setup('--retention-days', '401')).toMatchObject({ code: 0, error: '' });
  expect(at.retention()).toBe('401d');
});
