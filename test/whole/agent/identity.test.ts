import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { defineWho } from '../../../agent/cli/who/index.ts';
import { eventStream } from '../../../agent/streams/index.ts';
import { captured } from '../../kit/captured-terminal.ts';
import { refresh } from '../../kit/elasticsearch/index.ts';
import { linesOf } from '../../kit/events.ts';
import { fetchAgain } from '../../kit/fetch-again.ts';
import { Scene } from '../../kit/scene.ts';
import { scrape } from '../../kit/scrape.ts';

const url = inject('elasticsearchUrl');
const fixtures = join(import.meta.dirname, '../../kit/fixtures/identity');
const lines = (file: string) => linesOf(join(fixtures, `${file}.jsonl`)).map((line) => line.toString());

interface Row {
  type: string;
  requests: number;
  aggregated?: number;
  addresses?: string[];
}

test('who it was: logins, people behind roles and proxies, credentials, one request seen by two apiservers, a directory', async () => {
  const directories = [{ name: 'staff', file: { path: join(fixtures, 'people.csv') } }];
  await using scene = await Scene.make({ url, sources: 2, more: { identity: { directories } } });
  const agent = await scene.start();
  const people = async () => {
    const { samples } = await scrape(agent.port);
    return samples.find(({ name }) => name === 'auditseal_directory_people')?.value;
  };
  await expect.poll(people).toBe(4);
  const [inner, outer] = lines('aggregated') as [string, string];
  const [kube, openshift] = ['kube-apiserver', 'openshift-apiserver'].map((name) => scene.writers.get(name)!);
  for (const line of [...lines('openshift-logins'), inner]) await openshift!.line(line);
  for (const file of ['eks-role', 'rancher', 'addresses'])
    for (const line of lines(file)) await kube!.line(line);
  await kube!.line(outer);
  expect(await scene.finish()).toEqual([]);
  const stream = eventStream(scene.namespace);
  await refresh(url, stream);

  const who = async (...options: string[]) => {
    const asked = ['--url', url, '--namespace', scene.namespace, '--json', ...options];
    const { out } = await captured(defineWho, asked);
    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    return { rows: rows.filter(({ type }) => type === 'row'), summary: rows.at(-1)! };
  };
  const found = async (...options: string[]) => (await who(...options)).summary.requests;
  expect(await found('--user', 'jane')).toBe(2);
  expect(await found('--user', 'corp-ldap:jane')).toBe(1);
  expect(await found('--denied')).toBe(2);
  expect(await found('--outcome', 'failure')).toBe(2);
  expect(await found('--user', 'carol')).toBe(1);
  expect(await found('--user', 'jdoe')).toBe(1);
  const { rows, summary } = await who('--user', 'alice', '--resource', 'projectrequests');
  expect(rows).toMatchObject([{ requests: 1, addresses: ['198.51.100.20'] }]);
  expect(summary).toMatchObject({ requests: 1, aggregated: 1 });

  const events = async (field: string, value: string | boolean) => {
    const answer = await fetchAgain(`${url}/${stream}/_count`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: { term: { [field]: value } } }),
    });
    return ((await answer.json()) as { count: number }).count;
  };
  expect(await events('event.category', 'authentication')).toBe(3);
  expect(await events('related.user', 'jdoe')).toBe(1);
  expect(await events('related.user', 'jane')).toBe(2);
  expect(await events('auditseal.person.claimed', true)).toBe(1);
  expect(await events('auditseal.authorizer', 'system:masters')).toBe(1);
  expect(await events('auditseal.credential.id', 'JTI=0b9a4c0e-1111-4222-8333-444455556666')).toBe(1);
  expect(await events('auditseal.credential.node', 'worker-1')).toBe(1);
  expect(
    await events('kubernetes.audit.authenticationMetadata.impersonationConstraint', 'impersonate:user-info'),
  ).toBe(1);
  expect(await events('user.effective.full_name', 'Carol Cole')).toBe(1);
  expect(await events('user.effective.full_name', 'John Doe')).toBe(1);
  // Alice's requests of both sources, and Carol's.
  expect(await events('auditseal.directory.department', 'Platform')).toBe(7);
  expect(await events('auditseal.directory.employment', 'left')).toBe(1);
  expect(await events('auditseal.directory.status', 'unknown')).toBe(1);
  expect(await events('source.ip', 'fe80::1')).toBe(1);
  expect(await events('source.address', '[2001:db8::1]:443')).toBe(1);
});
