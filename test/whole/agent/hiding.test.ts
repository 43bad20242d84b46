import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { defineWho } from '../../../agent/cli/who/index.ts';
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
import { captured } from '../../kit/captured-terminal.ts';
import { randomNamespace, refresh, removeNamespace } from '../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');

/** A grant by mallory whose body is his own bytes (latin1), as the apiserver writes it. */
function grant(auditId: string, body: string): string {
  return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"${auditId}","stage":"ResponseComplete","requestURI":"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/a","verb":"patch","user":{"username":"mallory"},"sourceIPs":["10.0.0.9"],"objectRef":{"resource":"clusterrolebindings","name":"a","apiGroup":"rbac.authorization.k8s.io","apiVersion":"v1"},"responseStatus":{"code":200},"requestObject":${body},"stageTimestamp":"2026-11-23T01:06:03.433599Z"}`;
}

/** What a client can put into the body of a patch that the apiserver takes. */
const junk: Record<string, string> = {
  plain: '{"roleRef":{"name":"cluster-admin"}}',
  'not-utf-8': '{"roleRef":{"name":"cluster-admin"},"x":"\xff"}',
  'duplicate-key': '{"roleRef":{"name":"cluster-admin"},"x":1,"x":2}',
  'spec-is-text': '{"spec":"x","rules":"x"}',
  'role-is-text': '{"roleRef":"x"}',
  deep: `{"x":${'['.repeat(300)}${']'.repeat(300)}}`,
  'empty-key': '{"":1,"roleRef":{"":{"a":1}}}',
  'json-patch': '[{"op":"add","path":"/roleRef","value":"x"}]',
};

/** What a real kube-apiserver wrote of eight grants of cluster-admin (test/platform/cluster/grants), byte for byte. */
async function realGrants(): Promise<string[]> {
  const file = join(import.meta.dirname, '../../kit/fixtures/grants/audit.log');
  return (await readFile(file, 'latin1')).split('\n').filter((line) => line !== '');
}

/** Each was made on a binding of its own, of this name. */
const realNames = [
  'apply-in-yaml',
  'deep',
  'duplicate-key',
  'json-patch',
  'not-utf-8',
  'plain',
  'rules-is-text',
  'spec-is-text',
];

interface Row {
  name?: string;
  grant?: { role: string | null; subjects: string[] } | null;
}

function namesOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.map(({ name }) => name ?? '-'))].toSorted();
}

/** The bindings that a question to `who` finds, and of `--grants` those whose role or subject it cannot tell. */
async function asked(
  namespace: string,
  ...options: string[]
): Promise<{ names: string[]; unread: string[] }> {
  const where = ['--url', url, '--namespace', namespace, '--json'];
  const { out, error } = await captured(defineWho, [...where, ...options]);
  expect(error).toBe('');
  const rows = out
    .trimEnd()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);
  return {
    names: namesOf(rows),
    unread: namesOf(
      rows.filter(
        ({ grant: given, name }) =>
          given?.role !== 'cluster-admin' || given.subjects[0] !== `User of-${name}`,
      ),
    ),
  };
}

interface Found {
  hits: { total: { value: number }; hits: { _source: { kubernetes?: { audit?: { auditID?: string } } } }[] };
}

async function search(namespace: string, filter: object[]): Promise<string[]> {
  const response = await fetch(`${url}/${eventStream(namespace)}/_search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ size: 100, query: { bool: { filter } } }),
  });
  const { hits } = (await response.json()) as Found;
  return hits.hits.map(({ _source: { kubernetes } }) => kubernetes?.audit?.auditID ?? 'no event').toSorted();
}

test('whatever a client puts into a patch, every query that reads no body finds who asked for what', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace });
  await using agent = await startAgent({ config });
  for (const [name, body] of Object.entries(junk)) await writer.line(grant(name, body));
  const padded = `/api/v1/namespaces/lab/pods/web/exec?x=${'p'.repeat(20_000)}&command=id&y=${'p'.repeat(20_000)}`;
  await writer.line(grant('padded-exec', '{}').replace(/"requestURI":"[^"]*"/u, `"requestURI":"${padded}"`));
  const names = [...Object.keys(junk), 'padded-exec'].toSorted();
  const real = await realGrants();
  for (const line of real) await writer.line(line);
  await until(
    async () => (await countEvents(url, namespace)) === names.length + real.length,
    () => agent.tail(),
  );
  expect(await agent.stop()).toBe(0);
  await refresh(url, eventStream(namespace));

  // As the README's question, as Elastic's rules, and by the event's own names.
  const byHead = [
    { term: { 'user.name': 'mallory' } },
    { term: { 'event.action': 'patch' } },
    { term: { 'orchestrator.resource.type': 'clusterrolebindings' } },
    { term: { 'http.response.status_code': 200 } },
  ];
  const byEvent = [
    { term: { 'kubernetes.audit.user.username': 'mallory' } },
    { term: { 'kubernetes.audit.verb': 'patch' } },
    { term: { 'kubernetes.audit.stage': 'ResponseComplete' } },
    { term: { 'kubernetes.audit.objectRef.resource': 'clusterrolebindings' } },
  ];
  expect(await search(namespace, byHead)).toEqual(names);
  expect(await search(namespace, byEvent)).toEqual(names);
  // A body that can be indexed is, beside the byte that is no UTF-8, too.
  const role = [{ term: { 'kubernetes.audit.requestObject.roleRef.name': 'cluster-admin' } }];
  expect(await search(namespace, role)).toEqual(['not-utf-8', 'plain']);
  const exec = [{ wildcard: { 'kubernetes.audit.requestURI': '*/exec?*command=id*' } }];
  expect(await search(namespace, exec)).toEqual(['padded-exec']);
  // The README's question, and `--grants`: all eight, whatever is in their bodies, and the role where the body can be read.
  const rbac = ['--resource', '*.rbac.authorization.k8s.io', '--verb', 'write'];
  expect((await asked(namespace, '--user', 'eve', ...rbac)).names).toEqual(realNames);
  const grants = await asked(namespace, '--user', 'eve', '--grants', 'cluster-admin');
  expect(grants.names).toEqual(realNames);
  // Of the apply in YAML an apiserver before 1.37 logs no body (kubernetes#139419).
  expect(grants.unread).toEqual(['apply-in-yaml']);
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});
