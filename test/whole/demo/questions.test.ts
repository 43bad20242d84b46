import { setTimeout } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { eventStream } from '../../../agent/streams/index.ts';
import { randomNamespace, refresh, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { AgentProcess } from '../../../demo/agent-process.ts';
import { Player } from '../../../demo/player.ts';
import { isComplete, progressOf } from '../../../demo/progress.ts';
import { recording } from '../../../demo/recording.ts';
import { RotatingLog } from '../../../demo/rotating-log.ts';
import { countRequests } from '../../../demo/search.ts';
import type { Bucket } from '../../../demo/search.ts';
import { Workplace } from '../../../demo/workplace.ts';
import { exec, failures, rbac, secrets } from '../../../demo/questions/index.ts';
import type { Question } from '../../../demo/questions/index.ts';

/** An event as the apiserver wrote it. */
interface RawEvent {
  auditID: string;
  stage: string;
  verb: string;
  requestURI: string;
  user: { username?: string };
  objectRef?: {
    apiGroup?: string;
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
  };
  responseStatus?: { code?: number };
  requestObject?: { roleRef?: { name?: string } };
}

const url = inject('elasticsearchUrl');
const never = new AbortController().signal;
const reading = new Set(['get', 'list', 'watch']);

/** What the questions should find, told from the raw lines alone; undefined for an event that does not count. */
const expected: [Question, (event: RawEvent) => Bucket<string>['key'] | undefined][] = [
  [
    secrets,
    (event) =>
      event.objectRef?.resource === 'secrets' && reading.has(event.verb)
        ? { ...actorOf(event), action: event.verb, ...objectOf(event) }
        : undefined,
  ],
  [
    rbac,
    (event) =>
      event.objectRef?.apiGroup === 'rbac.authorization.k8s.io' && !reading.has(event.verb)
        ? {
            ...actorOf(event),
            action: event.verb,
            resource: event.objectRef.resource ?? null,
            name: event.objectRef.name ?? null,
            role: event.requestObject?.roleRef?.name ?? null,
          }
        : undefined,
  ],
  [
    exec,
    (event) =>
      event.objectRef?.resource === 'pods' && ['exec', 'attach'].includes(event.objectRef.subresource ?? '')
        ? {
            ...actorOf(event),
            resource: `pods/${event.objectRef.subresource}`,
            ...objectOf(event),
            query: event.requestURI.split('?')[1] ?? null,
          }
        : undefined,
  ],
  [
    failures,
    (event) =>
      codeOf(event) >= 400 ? { user: event.user.username ?? null, code: codeOf(event) } : undefined,
  ],
];

function actorOf(event: RawEvent): { user: string | null; outcome: string } {
  return { user: event.user.username ?? null, outcome: codeOf(event) >= 400 ? 'failure' : 'success' };
}

function objectOf({ objectRef }: RawEvent): { namespace: string | null; name: string | null } {
  return { namespace: objectRef?.namespace ?? null, name: objectRef?.name ?? null };
}

function codeOf(event: RawEvent): number {
  return event.responseStatus?.code ?? 0;
}

/** `key → number of different auditIDs`, as sorted text. */
function counted(buckets: Iterable<Bucket<string>>): string[] {
  return [...buckets].map(({ key, requests }) => `${keyText(key)} ${requests}`).toSorted();
}

function keyText(key: Bucket<string>['key']): string {
  return JSON.stringify(Object.entries(key).toSorted(([a], [b]) => a.localeCompare(b)));
}

function countIn(
  events: RawEvent[],
  keyOf: (event: RawEvent) => Bucket<string>['key'] | undefined,
): string[] {
  const requests = new Map<string, Set<string>>();
  for (const event of events) {
    const key = codeOf(event) > 0 ? keyOf(event) : undefined;
    if (!key) continue;
    const text = keyText(key);
    requests.set(text, (requests.get(text) ?? new Set()).add(event.auditID));
  }
  return [...requests].map(([text, ids]) => `${text} ${ids.size}`).toSorted();
}

/** Ships the recording with the agent as it is run in production, under its default policy. */
async function shipRecording(lines: Buffer[], namespace: string): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const workplace = cleanup.adopt(await Workplace.create(), (made) => made.remove());
  await workplace.configure(url, namespace);
  const log = new RotatingLog({
    path: workplace.auditLog,
    bytesMax: Infinity,
    backupsMax: 0,
    now: () => new Date(),
  });
  const player = new Player(lines, log);
  await player.play(0, never);
  const agent = new AgentProcess(workplace.configFile, workplace.agentLog);
  cleanup.defer(async () => void (await agent.stop()));
  await agent.started(never);
  const deadline = AbortSignal.timeout(60_000);
  while (!isComplete(progressOf(player, await agent.metrics(deadline), 0)))
    await setTimeout(100, undefined, { signal: deadline });
  expect(await agent.stop()).toBe(0);
}

test('each answer counts what the raw lines of the recording hold, under the default policy', async () => {
  const namespace = randomNamespace();
  const lines = await recording();
  await shipRecording(lines, namespace);
  const events = lines.map((line) => JSON.parse(line.toString()) as RawEvent);
  const place = { url, stream: eventStream(namespace) };
  await refresh(url, place.stream);

  for (const [{ title, query, by }, keyOf] of expected) {
    const answer = counted(await countRequests(place, query, by, never));
    const told = countIn(events, keyOf);
    expect(told.length, title).toBeGreaterThan(5);
    expect(answer, title).toEqual(told);
  }
  await removeNamespace(url, namespace);
});
