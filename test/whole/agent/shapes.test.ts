import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { defaultPolicyFile } from '../../../agent/policy/index.ts';
import { eventStream } from '../../../agent/streams/index.ts';
import {
  countEvents,
  manifestsOf,
  startAgent,
  temporaryFolder,
  until,
  verify,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { randomNamespace, refresh, removeNamespace } from '../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');
const fixtures = join(import.meta.dirname, '../../kit/fixtures/shapes');

async function linesOf(name: string): Promise<string[]> {
  return (await readFile(join(fixtures, name), 'latin1')).trimEnd().split('\n');
}

function event(auditID: string): string {
  return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"${auditID}","stage":"ResponseComplete","requestURI":"/api/v1/nodes","verb":"list","user":{"username":"alice"},"objectRef":{"resource":"nodes","apiVersion":"v1"},"responseStatus":{"code":200},"stageTimestamp":"2026-11-30T11:00:01.100000Z"}`;
}

const part = (tag: 'P' | 'F', stream: string, content: string) =>
  `2026-11-30T11:00:20.123456789Z ${stream} ${tag} ${content}`;

interface Source {
  event: { kind: string; action?: string };
  user?: { name?: string };
  'error.message'?: string;
  auditseal: { recovered?: boolean };
  kubernetes?: { audit: { auditID: string } };
}

async function documents(namespace: string): Promise<{ sources: Source[]; text: string }> {
  const response = await fetch(`${url}/${eventStream(namespace)}/_search?size=100`);
  const text = await response.text();
  const { hits } = JSON.parse(text) as { hits: { hits: { _source: Source }[] } };
  return { sources: hits.hits.map(({ _source }) => _source), text };
}

test('lines of other shapes are events with all that a search needs, and what is none says why', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const config = await writeConfig(place.path, {
    elasticsearchUrl: url,
    namespace,
    more: { redact: { enabled: true } },
  });
  await copyFile(defaultPolicyFile, join(place.path, 'policy.yaml'));
  const split = event('in-parts');
  const other = event('beside');
  const [wrapped, kindless] = [await linesOf('wrapped.log'), await linesOf('without-kind.jsonl')];
  const lines = [
    ...kindless,
    ...wrapped,
    `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${kindless[0]},${event('listed')}]}`,
    JSON.stringify({ log: `${event('of-docker')}\n`, stream: 'stdout', time: '2026-11-30T11:00:20Z' }),
    part('P', 'stdout', split.slice(0, 100)),
    part('P', 'stderr', other.slice(0, 50)),
    part('P', 'stdout', split.slice(100, 200)),
  ];
  {
    await using agent = await startAgent({ config });
    for (const line of lines) await writer.line(line);
    await until(
      async () => (await countEvents(url, namespace)) >= 9,
      () => agent.tail(),
    );
    // What was read of lines that go on is in the state.
    expect(await agent.stop()).toBe(0);
  }
  await using agent = await startAgent({ config });
  for (const line of [part('F', 'stderr', other.slice(50)), part('F', 'stdout', split.slice(200)), '{"a":1}'])
    await writer.line(line);
  await until(
    async () => (await countEvents(url, namespace)) === 12,
    () => agent.tail(),
  );
  expect(await agent.stop()).toBe(0);
  await refresh(url, eventStream(namespace));

  const { sources, text } = await documents(namespace);
  const ids = sources.map(
    ({ kubernetes }) => kubernetes?.audit.auditID.replace(/^\d{8}-.*(?=\d\d$)/u, '') ?? 'text',
  );
  const ofFixtures = ['01', '02', '07', '20', '21', '22'];
  expect(ids.toSorted()).toEqual(
    [...ofFixtures, '01', 'listed', 'of-docker', 'in-parts', 'beside', 'text'].toSorted(),
  );
  const persons = sources.filter(({ kubernetes }) => kubernetes).map(({ user }) => user?.name);
  expect(new Set(persons)).toEqual(new Set(['alice']));
  const marked = sources.filter(({ auditseal }) => auditseal.recovered).length;
  expect(marked, 'events that do not say that they are, and those of the list').toBe(5);
  expect(text).not.toContain('U0VDUkVULU5PS0lORA');
  expect(sources.find(({ event: { kind } }) => kind === 'pipeline_error')).toMatchObject({
    'error.message': expect.stringMatching(/without kind/u) as string,
  });
  const manifests = await manifestsOf(url, namespace);
  expect(manifests.reduce((sum, { joined }) => sum + joined, 0)).toBe(3);
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});
