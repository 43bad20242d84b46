import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import {
  startAgent,
  temporaryFolder,
  until,
  countEvents,
  verify,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { sent, stored } from '../../kit/left.ts';
import { scrape } from '../../kit/scrape.ts';

const url = inject('elasticsearchUrl');
const canary = (number: number) => `c4n4ry${String(number).padStart(4, '0')}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Each plants a canary, as text and as base64, where a client or the apiserver puts secrets. */
const plants: ((secret: string) => string)[] = [
  (secret) => event('secrets', `"requestObject":{"kind":"Secret","data":{"a":"${base64(secret)}"}}`),
  (secret) =>
    event('secrets', `"responseStatus":{"code":422,"message":"Secret \\"a\\" is invalid: ${secret}"}`),
  (secret) =>
    event(
      'pods',
      `"requestObject":{"spec":{"containers":[{"env":[{"name":"A_TOKEN","value":"${secret}"}]}]}}`,
    ),
  (secret) =>
    event('pods', `"requestURI":"/x/exec?command=login\\u0026command=--password\\u0026command=${secret}"`),
  (secret) => event('pods', `"requestObject":{"password":"\xff${secret}"}`),
  (secret) =>
    `{"kind":"Event","apiVersion":"audit.k8s.io/v1","requestObject":{"data":{"a":"${base64(secret)}`,
  (secret) => `{"items":[{"requestObject":{"data":{"a":"${secret}"}}}]}`,
  (secret) =>
    `{"log":"{\\"kind\\":\\"Event\\",\\"responseObject\\":{\\"a\\":\\"${secret}\\"}}","stream":"stdout"}`,
  (secret) => `2026-11-30T12:00:00Z stdout F {"kind":"Event","requestObject":{"a":"${secret}"}}`,
  (secret) => `not UTF-8: \xff PASSWORD=${secret}`,
  // Beyond entryBytesMax: its first and its last bytes are shown.
  (secret) =>
    `{"kind":"Event","x":"${'x'.repeat(150_000)}","requestObject":{"data":{"a":"${secret}"}}}`.replace(
      '"x":',
      '"requestObject":"y","x":',
    ),
];

function event(resource: string, members: string): string {
  return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"a","stage":"ResponseComplete","verb":"patch","user":{"username":"mallory"},"objectRef":{"resource":"${resource}","namespace":"lab","name":"a"},"stageTimestamp":"2026-11-23T01:06:03.433599Z",${members}}`;
}

test('no planted secret is in any byte that leaves the process; what was redacted is counted, and the log verifies', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const more = { redact: {}, entryBytesMax: 128 * 1024 };
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace, more });
  await using agent = await startAgent({ config });
  for (const [number, plant] of plants.entries()) await writer.line(plant(canary(number)));
  await until(
    async () => (await countEvents(url, namespace)) === plants.length,
    () => agent.tail(),
  );
  const metrics = await scrape(agent.port);
  expect(await agent.stop()).toBe(0);

  const { events: sources, records } = await sent(url, namespace);
  const state = await stored(join(place.path, 'state'));
  const said = [...sources, ...records, state, agent.tail(), JSON.stringify(metrics)].join('\n');
  const leaked = plants.flatMap((_plant, number) =>
    [canary(number), base64(canary(number)).slice(0, 8)].filter((text) => said.includes(text)),
  );
  expect(leaked).toEqual([]);

  const events = sources
    .map(
      (source) =>
        JSON.parse(source) as { auditseal: { redacted?: string[]; original_base64?: unknown; cut?: object } },
    )
    .filter(({ auditseal }) => auditseal.redacted !== undefined);
  expect(events).toHaveLength(plants.length);
  for (const { auditseal } of events) expect(auditseal).not.toHaveProperty('original_base64');
  expect(said).toMatch(/"redacted":\{"|\\"redacted\\":\{\\"/u);
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});
