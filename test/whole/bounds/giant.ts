import { SearchServer } from './search-server.ts';

const origin = 'prod/cp-1/kube-apiserver/20261123T004438Z';
const chunkBytes = 256 * 1024;

/** A value of JSON of about so many bytes: `unit` again and again between `open` and `close`. */
export interface GiantValue {
  open: string;
  unit: string;
  close: string;
  bytes: number;
}

interface Search {
  size: number;
  pit?: { id: string };
  search_after?: unknown[];
  sort?: object[];
  track_total_hits?: boolean;
}

/** In the place of Elasticsearch: each stream is one document that holds a giant value. */
export async function giantServer(value: GiantValue): Promise<SearchServer> {
  return await SearchServer.listen((search) => found(value, JSON.parse(search) as Search));
}

function* found(value: GiantValue, search: Search): Generator<string> {
  yield '{"timed_out":false,"_shards":{"failed":0},"hits":{';
  if (search.track_total_hits === true) yield '"total":{"value":1,"relation":"eq"},';
  yield '"hits":[';
  if (search.size > 1 && search.search_after === undefined) yield* document(value, search);
  yield ']}}';
}

function* document({ open, unit, close, bytes }: GiantValue, { sort = [] }: Search): Generator<string> {
  const head = `"@timestamp":"2026-11-23T01:00:00Z","event":{"id":"x","sequence":5},"auditseal":{"origin":"${origin}","batch":1}`;
  yield `{"_index":"i","_id":"giant","_score":null,"_source":{${head},"kubernetes":{"audit":{"requestObject":${open}`;
  const units = unit.repeat(Math.ceil(chunkBytes / unit.length));
  for (let sent = 0; sent < bytes; sent += units.length) yield units;
  yield `${close}}}},"sort":[${sort.map(() => `"${origin}"`).join(',')}]}`;
}
