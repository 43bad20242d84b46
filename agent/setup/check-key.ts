import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { allStreams } from '../streams/index.ts';
import { bulk, noHandler, request, ElasticsearchError } from '../elasticsearch/index.ts';
import type {
  ElasticsearchAnswer,
  ElasticsearchClient,
  ElasticsearchRequest,
} from '../elasticsearch/index.ts';
import type { CheckResult } from '../check-result.ts';
import type { Access } from './access.ts';
import { SetupError } from './error.ts';

export interface KeyCheck {
  /** With the key. */
  client: ElasticsearchClient;
  namespace: string;
  access: Access;
  /** The backing index that each stream writes to now, where there is one. */
  writeIndices: ReadonlyMap<string, string>;
  signal: AbortSignal;
}

/** Index privileges of which none may be there beyond those that a key is for. */
const indexPrivileges =
  'all manage write index create create_doc delete delete_index read view_index_metadata monitor maintenance auto_configure'.split(
    ' ',
  );
const clusterPrivileges =
  'all manage monitor manage_security manage_api_key manage_own_api_key manage_index_templates manage_pipeline manage_ilm'.split(
    ' ',
  );

const remedy =
  'Whoever has such a key can do more to the evidence than add to it, or the agent less than it must. Have another made with ' +
  '--rotate-key; if that is the same, look at what the user who makes it may do, since no key may do more.';

/**
 * Looks with a key, by asking and by trying, whether it may do what it is for and nothing else; anything else is a `problem`. Nothing
 * is changed, whatever it may: what is tried is tried on ids that do not exist, and the creation with a document that no data
 * stream takes. Throws SetupError `bad-response`, and ElasticsearchError.
 */
export async function checkKey(check: KeyCheck): Promise<CheckResult> {
  const { name, privileges, streams } = check.access;
  const expected = `${privileges.join(' and ')} on ${streams.join(' and ')}, and nothing else`;
  const problems = [...(await asked(check)), ...(await tried(check))];
  const ok = { name: `the key of ${name}`, state: 'ok', found: expected, expected, remedy: '' } as const;
  return problems.length === 0 ? ok : { ...ok, state: 'problem', found: problems.join('; '), remedy };
}

const privilegesAnswer = z.object({
  cluster: z.record(z.string(), z.boolean()),
  index: z.record(z.string(), z.record(z.string(), z.boolean())),
});

async function asked({ client, namespace, access, signal }: KeyCheck): Promise<string[]> {
  const path = '/_security/user/_has_privileges';
  const names = allStreams(namespace).map(({ name }) => name);
  const body = {
    cluster: clusterPrivileges,
    index: [
      { names, privileges: indexPrivileges },
      { names: ['*'], privileges: indexPrivileges },
    ],
  };
  const answer = await request(client, { method: 'POST', path, body, signal });
  const { data } = privilegesAnswer.safeParse(answer.body);
  if (!data) throw new SetupError('bad-response', `POST ${path}: not an answer of Elasticsearch`);
  const wanted = (index: string, privilege: string) =>
    access.streams.includes(index) && access.privileges.includes(privilege);
  const problems = clusterPrivileges
    .filter((privilege) => data.cluster[privilege] !== false)
    .map((privilege) => `has the cluster privilege ${privilege}`);
  for (const index of [...names, '*'])
    for (const privilege of indexPrivileges)
      if (data.index[index]?.[privilege] !== wanted(index, privilege))
        problems.push(`${wanted(index, privilege) ? 'lacks' : 'has'} ${privilege} on ${index}`);
  return problems;
}

async function tried(check: KeyCheck): Promise<string[]> {
  const problems: string[] = [];
  const id = `auditseal-setup-${randomBytes(12).toString('hex')}`;
  for (const { name: stream } of allStreams(check.namespace)) {
    const index = check.writeIndices.get(stream);
    const held = check.access.streams.includes(stream) ? check.access.privileges : [];
    for (const attempt of attempts(stream, index, id)) {
      const may = attempt.takes.some((privilege) => held.includes(privilege));
      const answer = await request(check.client, {
        ...attempt.request,
        expect: anyAnswer,
        signal: check.signal,
      });
      if (isDenied(answer) === may)
        problems.push(
          `${may ? 'may not' : 'may'} ${attempt.what} ${stream}: ${attempt.request.method} ${attempt.request.path} ` +
            `was answered ${answer.status}${may ? '' : ', not 403'}`,
        );
    }
    problems.push(...(await triedToCreate(check, stream, id, held)));
  }
  return problems;
}

/** 429 and 5xx say nothing about privileges. */
const anyAnswer = [400, 403, 404, 405, 409];

interface Attempt {
  what: string;
  /** Any of these privileges lets it through. */
  takes: readonly string[];
  request: ElasticsearchRequest;
}

function attempts(stream: string, index: string | undefined, id: string): Attempt[] {
  const document = { '@timestamp': '2000-01-01T00:00:00Z' };
  const path = `/${encodeURIComponent(stream)}`;
  const behind =
    index === undefined ? [] : backingIndexAttempts(`/${encodeURIComponent(index)}`, id, document);
  const query = { ids: { values: [id] } };
  return [
    ...behind,
    {
      what: 'update in',
      takes: [],
      request: { method: 'POST', path: `${path}/_update/${id}`, body: { doc: {} } },
    },
    { what: 'delete from', takes: [], request: { method: 'DELETE', path: `${path}/_doc/${id}` } },
    {
      what: 'delete by query from',
      takes: [],
      request: { method: 'POST', path: `${path}/_delete_by_query`, body: { query } },
    },
    {
      what: 'search',
      takes: ['read'],
      request: { method: 'POST', path: `${path}/_search`, body: { query, size: 0 } },
    },
    {
      what: 'look at the settings of',
      takes: ['view_index_metadata'],
      request: { method: 'GET', path: `${path}/_settings` },
    },
  ];
}

/**
 * What may be tried on a backing index: whoever may write can replace documents there. On the data stream it would say nothing of the
 * key, since that answers 400 to an overwriting whoever asks.
 */
function backingIndexAttempts(path: string, id: string, document: object): Attempt[] {
  const version = { if_seq_no: '0', if_primary_term: '1' };
  return [
    {
      what: 'overwrite in a backing index of',
      takes: [],
      request: { method: 'PUT', path: `${path}/_doc/${id}`, query: version, body: document },
    },
    {
      what: 'delete from a backing index of',
      takes: [],
      request: { method: 'DELETE', path: `${path}/_doc/${id}` },
    },
    {
      what: 'read from a backing index of',
      takes: ['read'],
      request: { method: 'GET', path: `${path}/_doc/${id}` },
    },
  ];
}

/** Whether an answer says that the key may not. An API that the server does not have lets nobody in, either. */
function isDenied({ status, body }: ElasticsearchAnswer): boolean {
  const text = JSON.stringify(body);
  return (
    (status === 403 && text.includes('security_exception')) || (status === 400 && text.includes(noHandler))
  );
}

/** A document without a time is turned away by the stream, after the privileges were looked at. */
async function triedToCreate(
  { client, signal }: KeyCheck,
  stream: string,
  id: string,
  held: readonly string[],
): Promise<string[]> {
  const gzipBody = gzipSync(`{"create":{"_id":"${id}"}}\n{}\n`);
  const status = await bulk(client, { stream, gzipBody, count: 1, signal }).then(
    ({ items }) => items[0]?.status,
    (error: unknown) => {
      // Denied as a whole, not item by item.
      if (error instanceof ElasticsearchError && error.status === 403) return error.status;
      throw error;
    },
  );
  const may = held.includes('create_doc');
  if (status === (may ? 400 : 403)) return [];
  return [`${may ? 'cannot' : 'may'} create documents in ${stream}: a creation was answered ${status}`];
}
