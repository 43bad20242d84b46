import { z } from 'zod';
import type { CheckResult } from '../check-result.ts';
import { ElasticsearchError, parseAnswer, request } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { agentStreams, checkRetention, checkStreams, checkTemplates } from '../streams/index.ts';
import type { RetentionOptions } from '../streams/index.ts';
import { lookAtAgents } from './agents-look.ts';
import { ok, ours, unchecked, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whose eyes the streams are looked at with, and whose key is asked what it may. */
export interface ElasticsearchLook extends RetentionOptions {
  /** A key that may read and see metadata, better still an administrator; undefined: streams are not looked at. */
  readonly reader: ElasticsearchClient | undefined;
  /** The agent's own key; undefined: it is not asked. */
  readonly agent: ElasticsearchClient | undefined;
  /** Whether the agents are compared with one another, too. */
  readonly agents: boolean;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** Looks at Elasticsearch's side: templates, pipelines, mappings, runtime fields, retention, and what the agent's key may. */
export async function lookAtElasticsearch(look: ElasticsearchLook): Promise<Finding[]> {
  const { reader, agent, signal } = look;
  return [
    ...(reader === undefined ? [] : await streamsOf(reader, look)),
    ...(reader === undefined || !look.agents ? [] : await agentsOf(reader, look)),
    ...(agent === undefined ? [] : [await keyOf(agent, look.namespace, signal)]),
  ];
}

async function agentsOf(
  client: ElasticsearchClient,
  { namespace, signal }: ElasticsearchLook,
): Promise<Finding[]> {
  try {
    return await lookAtAgents(client, namespace, signal);
  } catch (error) {
    if (!(error instanceof ElasticsearchError)) throw error;
    const about = { id: 'agents', name: 'agents of the cluster', expected: 'an answer', why: ours };
    return [unchecked({ ...about, found: error.message.split('\n', 1)[0]! })];
  }
}

async function streamsOf(client: ElasticsearchClient, look: ElasticsearchLook): Promise<Finding[]> {
  const { namespace, signal } = look;
  const options = { ...look, streams: agentStreams(namespace), signal };
  const looks: [id: string, () => Promise<CheckResult[]>][] = [
    ['elasticsearch-templates', () => checkTemplates(client, options)],
    ['elasticsearch-streams', () => checkStreams(client, options)],
    ['elasticsearch-retention', () => checkRetention(client, options)],
  ];
  const found: Finding[] = [];
  for (const [id, check] of looks) found.push(...(await resultsOf(id, check)));
  return found;
}

/** One finding an id: what several streams have to say is said together. */
async function resultsOf(id: string, look: () => Promise<CheckResult[]>): Promise<Finding[]> {
  try {
    const results = await look();
    const byName = Map.groupBy(results, ({ name }) => name);
    return [...byName].map(([name, all]) => joined(`${id}-${slug(name)}`, name, all));
  } catch (error) {
    if (!(error instanceof ElasticsearchError)) throw error;
    const about = { id, name: id.replace('-', ': '), expected: 'an answer', why: ours };
    return [unchecked({ ...about, found: error.message.split('\n', 1)[0]! })];
  }
}

const order = ['problem', 'warning', 'unchecked', 'ok'] as const;

function joined(id: string, name: string, results: readonly CheckResult[]): Finding {
  const state = order.find((one) => results.some((result) => result.state === one)) ?? 'ok';
  const worst = results.filter((result) => result.state === state);
  return {
    id,
    name,
    state,
    found: unique(worst.map(({ found }) => found))
      .join('; ')
      .slice(0, 600),
    expected: unique(worst.map(({ expected }) => expected)).join('; '),
    remedy: unique(worst.map(({ remedy }) => remedy)).join(' '),
    why: `${ours}: under other templates or mappings what is stored is not what was sealed, or not found`,
  };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== '');
}

function slug(name: string): string {
  return (/(?:audit_logs|auditseal\.batch)/u.exec(name)?.[0] ?? 'other').replaceAll(/[^a-z]+/gu, '-');
}

const answer = z.object({
  cluster: z.record(z.string(), z.boolean()),
  index: z.record(z.string(), z.record(z.string(), z.boolean())),
});
const clusterPrivileges = [
  'manage',
  'monitor',
  'manage_security',
  'manage_index_templates',
  'manage_pipeline',
];
const indexPrivileges = ['manage', 'write', 'index', 'create', 'delete', 'delete_index', 'read'];

/** Any key may ask what it may itself (`POST /_security/user/_has_privileges`). */
async function keyOf(client: ElasticsearchClient, namespace: string, signal: AbortSignal): Promise<Finding> {
  const about = {
    id: 'elasticsearch-key',
    name: "what the agent's key may do",
    expected: 'create_doc on its streams, and nothing else',
    why: `${ours}: a thief of the key may do what it may`,
  };
  const path = '/_security/user/_has_privileges';
  const names = agentStreams(namespace).map(({ name }) => name);
  const body = {
    cluster: clusterPrivileges,
    index: [{ names: [...names, '*'], privileges: indexPrivileges }],
  };
  try {
    const { body: found } = await request(client, { method: 'POST', path, body, signal });
    const { cluster, index } = parseAnswer(path, answer, found);
    const more = [
      ...clusterPrivileges.filter((one) => cluster[one] === true),
      ...new Set(
        Object.values(index).flatMap((of) => indexPrivileges.filter((privilege) => of[privilege] === true)),
      ),
    ];
    if (more.length === 0) return ok({ ...about, found: 'nothing else' });
    return warning({
      ...about,
      found: `also ${more.join(', ')}`,
      remedy:
        'Whoever has it can change or delete events, which verify shows and nothing brings back. Have another made:',
      fix: 'auditseal setup --rotate-key',
    });
  } catch (error) {
    if (!(error instanceof ElasticsearchError)) throw error;
    return unchecked({ ...about, found: error.message.split('\n', 1)[0]! });
  }
}
