import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { eventStream } from '../../../agent/streams/index.ts';
import { startAgent, temporaryFolder, until, writeConfig } from '../../kit/agent/index.ts';
import { refresh } from '../../kit/elasticsearch/index.ts';
import { events } from './crafted.ts';
import { audit } from './dsl.ts';
import type { Found, Rule } from './rule.ts';
import { fetchAgain } from '../../kit/fetch-again.ts';

/** `default`: the agent's own, as it is where the configuration names none; then secrets are redacted, too. */
export type PolicyName = 'keep everything' | 'default';

/** Lets the real agent ship all crafted events into the streams of `namespace`. */
export async function shipCrafted(
  url: string,
  namespace: string,
  policy: PolicyName,
  withPseudonyms = false,
): Promise<void> {
  await using place = await temporaryFolder();
  const logs = join(place.path, 'logs');
  await mkdir(logs);
  await writeFile(join(logs, 'audit.log'), [...events.values()].map(({ line }) => `${line}\n`).join(''));
  const keyFile = join(place.path, 'pseudonym-key');
  await writeFile(keyFile, 'an example key of 32 characters.', { mode: 0o600 });
  const more = {
    ...(policy === 'default' && { policyFile: undefined, redact: {} }),
    ...(withPseudonyms && { pseudonyms: { keyFile } }),
  };
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace, more });
  await using agent = await startAgent({ config });
  const read = 'auditseal_read_lines_total{source="kube-apiserver"}';
  await until(
    async () => (await agent.metrics()).get(read) === events.size,
    () => `not all was read: ${agent.tail()}`,
  );
  expect(await agent.stop()).toBe(0);
  await refresh(url, eventStream(namespace));
}

/** All that a rule asks of several events together. */
const fields = [
  'user.name',
  'source.ip',
  'user_agent.original',
  ...[
    'auditID',
    'requestURI',
    'objectRef.name',
    'objectRef.resource',
    'user.username',
    'sourceIPs',
    'responseStatus.code',
    'annotations.authorization_k8s_io/decision',
  ].map((field) => audit(field)),
];

const answer = z.object({
  hits: z.object({
    hits: z.array(
      z.object({ sort: z.tuple([z.number()]), fields: z.record(z.string(), z.array(z.unknown())) }),
    ),
  }),
});

/** The events that a condition finds, oldest first. */
export async function search(url: string, namespace: string, query: object): Promise<Found[]> {
  const response = await fetchAgain(`${url}/${eventStream(namespace)}/_search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      size: 10_000,
      query,
      _source: false,
      docvalue_fields: fields,
      sort: ['@timestamp'],
    }),
  });
  const { data } = answer.safeParse(await response.clone().json());
  if (!data) throw new Error(`${response.status} ${await response.text()}`);
  return data.hits.hits.map(({ sort: [time], fields: found }) => {
    const values = new Map(Object.entries(found));
    return { auditId: String(values.get(audit('auditID'))?.[0]), time, values };
  });
}

/** The auditIDs of what a rule finds, each once. */
export async function hitsOf(url: string, namespace: string, rule: Rule): Promise<Set<string>> {
  const found = await search(url, namespace, rule.condition);
  return new Set((rule.together?.(found) ?? found).map(({ auditId }) => auditId));
}
