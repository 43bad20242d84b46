import { SearchServer } from './search-server.ts';

interface Search {
  size: number;
  aggs?: unknown;
  search_after?: [number];
}

/** Which events there are. */
export interface LongNames {
  events: number;
  /** Of each name; the most that the template has Elasticsearch index is 8191. */
  characters: number;
  letter: string;
  /** Whether all have one auditID. */
  isOneRequest: boolean;
}

const named = [
  'user.name',
  'user.effective.name',
  'orchestrator.namespace',
  'orchestrator.resource.name',
  'orchestrator.resource.type',
];

/** In the place of Elasticsearch: a stream of requests that differ in all of their names, which are long. */
export async function longNamesServer(names: LongNames): Promise<SearchServer> {
  return await SearchServer.listen((search) => found(names, JSON.parse(search) as Search));
}

function* found(names: LongNames, { size, aggs, search_after: after }: Search): Generator<string> {
  const { events } = names;
  yield '{"timed_out":false,"_shards":{"failed":0},';
  if (aggs !== undefined) {
    const none = { value: null };
    const aggregations = { oldest: none, newest: none, unreadable: { doc_count: 0 } };
    const total = { value: events, relation: 'eq' };
    yield `"hits":{"total":${JSON.stringify(total)}},"aggregations":${JSON.stringify(aggregations)}}`;
    return;
  }
  const from = (after?.[0] ?? -1) + 1;
  yield '"hits":{"hits":[';
  for (let at = from; at < Math.min(events, from + size); at += 1)
    yield `${at > from ? ',' : ''}${hit(names, at)}`;
  yield ']}}';
}

function hit({ characters, letter, isOneRequest }: LongNames, at: number): string {
  const name = `${at}-`.padEnd(characters, letter);
  const fields: Record<string, unknown[]> = {
    ...Object.fromEntries(named.map((field) => [field, [name]])),
    'orchestrator.api_version': [`${at}-${letter.repeat(20)}/${name}`],
    'event.action': ['create'],
    'event.outcome': ['success'],
    'event.id': [`e-${at}`],
    'http.response.status_code': [201],
    'http.request.id': [isOneRequest ? 'one' : `r-${at}`],
    'kubernetes.audit.stage': ['ResponseComplete'],
    '@timestamp': ['2026-11-23T00:00:00.000Z'],
  };
  return JSON.stringify({ _id: `d-${at}`, sort: [at], fields });
}
