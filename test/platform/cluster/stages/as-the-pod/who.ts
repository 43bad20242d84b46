import assert from 'node:assert/strict';
import { eventStream } from '../../../../../agent/streams/index.ts';
import { countEvents, until } from '../../../../kit/agent/index.ts';
import { countRequests } from '../../../../../demo/search.ts';
import type { Cluster } from '../../cluster.ts';
import { elasticsearchUrl } from '../../host.ts';
import type { Tally } from '../../traffic.ts';
import { agent, stream } from './place.ts';

/** Waits until everything of the tally has arrived. */
export async function countedInElasticsearch({ plane }: Cluster, tally: Tally): Promise<void> {
  const wanted = [...tally.values()].flat().length;
  let found = 0;
  await until(
    async () => {
      found = 0;
      // While the stream is being made, no search is answered.
      if ((await countEvents(elasticsearchUrl, stream)) < wanted) return false;
      for (const user of tally.keys()) found += (await requestsOf(user)).length;
      return found >= wanted;
    },
    () => `${found} of ${wanted} requests are in Elasticsearch:\n${plane.processes.tail(agent)}`,
    { everyMilliseconds: 500 },
  );
}

const methods = new Map([
  ...['get', 'list', 'watch'].map((verb) => [verb, 'GET'] as const),
  ['create', 'POST'],
  ['update', 'PUT'],
  ['patch', 'PATCH'],
  ...['delete', 'deletecollection'].map((verb) => [verb, 'DELETE'] as const),
]);

/** What a user sent, by Elasticsearch's account, in the tally's form. */
async function requestsOf(user: string): Promise<string[]> {
  const query =
    user === ''
      ? 'NOT _exists_:user.name AND http.response.status_code:401'
      : // Of a patch the audit policy keeps the stage before, too, which has no code.
        `user.name:${JSON.stringify(user)} AND NOT kubernetes.audit.stage:RequestReceived`;
  const by = {
    verb: 'kubernetes.audit.verb',
    url: 'kubernetes.audit.requestURI',
    code: 'http.response.status_code',
  };
  const place = { url: elasticsearchUrl, stream: eventStream(stream) };
  const buckets = await countRequests(place, query, by, AbortSignal.timeout(60_000));
  return buckets.flatMap(({ key: { verb, url, code }, requests }) =>
    Array.from({ length: requests }, () => `${methods.get(String(verb)) ?? verb} ${url} ${code}`),
  );
}

/** Each person's requests by Elasticsearch's account against kubectl's. */
export async function checkWho({ report }: Cluster, tally: Tally): Promise<void> {
  for (const [user, sent] of tally)
    await report.claim(
      user === ''
        ? 'refused logins (a certificate of another authority, a wrong token) are found, without a user'
        : `what ${user} did is found under that name, request by request, as kubectl says that it sent it`,
      async () => {
        assert.deepEqual((await requestsOf(user)).toSorted(), sent.toSorted());
        const codes = Object.entries(Object.groupBy(sent, (one) => one.split(' ').at(-1)!));
        return `${sent.length} requests: ${codes.map(([code, all]) => `${all!.length} × ${code}`).join(', ')}`;
      },
    );
}
