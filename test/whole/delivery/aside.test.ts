import { expect, inject, test } from 'vitest';
import { manifestsOf, until } from '../../kit/agent/index.ts';
import type { BulkLine } from './bulk-lines.ts';
import { eventWithBody } from './events.ts';
import { items } from './faults.ts';
import { Journey } from './journey.ts';

const url = inject('elasticsearchUrl');
const refused = { status: 400, error: { type: 'document_parsing_exception', reason: 'of the test' } };

test('an event that is refused in the refused form, too, does not stop the log: it is put aside, and delivered once it can be', async () => {
  await using journey = await Journey.begin(url);
  const { proxy, writer } = journey;
  let strict = true;
  let id = '';
  const refuse = (line: BulkLine) => {
    if (line.bytes.includes('"auditID":"worst"')) ({ id } = line);
    return strict && line.id === id ? refused : undefined;
  };
  proxy.always = (exchange) =>
    exchange.incoming.url!.includes('kubernetes.audit_logs') ? items(refuse) : undefined;
  await writer.many([eventWithBody('a', '{}'), eventWithBody('worst', '{}'), eventWithBody('b', '{}')]);
  await writer.line(eventWithBody('c', '{}'));
  await journey.arrived(writer.count - 1);
  await until(
    async () => (await journey.metric('auditseal_waiting_batches')) === 0,
    () => `the log goes no further: ${journey.agent.tail()}`,
  );
  expect(journey.agent.said(/is in quarantine: verify calls it missing until it is delivered/u)).toHaveLength(
    1,
  );

  expect(await journey.metric('auditseal_aside_events')).toBe(1);

  await journey.restart();
  await until(
    () =>
      journey.agent.said(/is still refused and stays in quarantine: .*400 .document_parsing/u).length === 1,
    () => `it was not tried again: ${journey.agent.tail()}`,
  );
  strict = false;
  await journey.restart();
  await until(
    async () =>
      journey.agent.said(/which was in quarantine/u).length > 0 &&
      (await journey.metric('auditseal_aside_events')) === 0,
    () => `it is still aside: ${journey.agent.tail()}`,
  );
  expect(await journey.end()).toEqual([]);
  expect(journey.agent.said(/which was in quarantine, is delivered/u)).toHaveLength(1);
  const notices = (await manifestsOf(url, journey.namespace)).flatMap((manifest) => manifest.notices);
  const announced = notices.filter(({ kind }) => kind === 'refused');
  expect(announced, 'refused without its bodies, then without its event: one notice').toMatchObject([
    { index: 1, status: 400, type: 'document_parsing_exception' },
  ]);
});
