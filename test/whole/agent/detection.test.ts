import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { eventStream } from '../../../agent/streams/index.ts';
import {
  countEvents,
  startAgent,
  temporaryFolder,
  until,
  verify,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { allDocuments, randomNamespace, refresh, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { fetchAgain } from '../../kit/fetch-again.ts';

const url = inject('elasticsearchUrl');

function event(verb: string, resource: string, name: string, second: number): string {
  const time = `2026-11-23T01:06:${String(second).padStart(2, '0')}.433599Z`;
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: name,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/lab/${resource}/${name}`,
    verb,
    user: { username: 'mallory', groups: ['system:authenticated'] },
    sourceIPs: ['10.0.0.7'],
    userAgent: 'kubectl/v1.35.4',
    objectRef: { resource, namespace: 'lab', name, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    stageTimestamp: time,
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  });
}

const dropAll = `
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{ name: noise, level: None, users: [mallory] }]
`;

interface Found {
  event: { sequence: number; severity?: number };
  rule?: { id: string[] };
  auditseal: { rule: string };
  kubernetes: { audit: { auditID: string } };
}

async function found(namespace: string): Promise<Found[]> {
  await refresh(url, eventStream(namespace));
  const all: Found[] = [];
  for await (const { source } of allDocuments(url, eventStream(namespace)))
    all.push(JSON.parse(source.toString()) as Found);
  return all;
}

/** How many documents a query of fields finds, as a dashboard or a rule would. */
async function countOf(namespace: string, query: object): Promise<number> {
  const response = await fetchAgain(`${url}/${eventStream(namespace)}/_count`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return ((await response.json()) as { count: number }).count;
}

test('what rules find is kept whatever policy drops, stamped, sealed, and a window goes on behind kill -9', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const policyFile = join(place.path, 'drop.yaml');
  const rulesFile = join(place.path, 'rules.yaml');
  await writeFile(policyFile, dropAll);
  await writeFile(rulesFile, 'rules: []\n');
  const more = { policyFile, detection: { rulesFile, off: ['exec-into-pod'] }, batchSeconds: 0.2 };
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace, more });
  const read = 'auditseal_read_lines_total{source="kube-apiserver"}';
  {
    await using agent = await startAgent({ config });
    for (let i = 0; i < 9; i += 1) await writer.line(event('get', 'secrets', `s${i}`, i));
    await until(
      async () => (await agent.metrics()).get(read) === 9,
      () => agent.tail(),
    );
    await agent.kill();
  }
  await using agent = await startAgent({ config });
  await writer.line(event('get', 'secrets', 's9', 10));
  await writer.line(event('get', 'pods', 'p', 11));
  await writer.line(event('deletecollection', 'pods', 'c', 12));
  await until(
    async () => (await countEvents(url, namespace)) === 2,
    () => agent.tail(),
  );
  const metrics = await agent.metrics();
  expect(metrics.get('auditseal_rule_matches_total{source="kube-apiserver",rule="many-secrets-read"}')).toBe(
    1,
  );
  expect(await agent.stop()).toBe(0);

  const documents = (await found(namespace)).toSorted((a, b) => a.event.sequence - b.event.sequence);
  expect(
    documents.map(({ event: { severity }, rule, auditseal, kubernetes }) => [
      kubernetes.audit.auditID,
      rule?.id,
      severity,
      auditseal.rule,
    ]),
  ).toEqual([
    ['s9', ['many-secrets-read'], 73, 'detection'],
    ['c', ['collection-deleted'], 47, 'detection'],
  ]);
  expect(await countOf(namespace, { range: { 'event.severity': { gte: 73 } } })).toBe(1);
  expect(await countOf(namespace, { term: { 'rule.id': 'many-secrets-read' } })).toBe(1);
  expect(await countOf(namespace, { term: { 'threat.technique.subtechnique.id': 'T1552.007' } })).toBe(1);
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});
