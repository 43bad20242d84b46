import { z } from 'zod';
import { parseAnswer, request } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { parseOrigin } from '../seal/index.ts';
import { recordStream } from '../streams/index.ts';
import { ok, ours, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Logs that are looked at: more than any cluster has nodes with a control plane. */
const logsMax = 1000;

const sealed = z.object({
  policy: z.string().max(100),
  agent: z.object({ version: z.string().max(100) }),
});
const answer = z.object({
  hits: z.object({
    hits: z.array(
      z.object({ _source: z.object({ auditseal: z.object({ origin: z.string(), manifest: z.string() }) }) }),
    ),
  }),
});

/** One log as its newest record of the last day has it. Nothing of it is verified: that is what `auditseal verify` is for. */
interface AgentSeen {
  readonly cluster: string;
  readonly name: string;
  readonly policy: string;
  readonly version: string;
}

/** Whether the agents of a cluster decide by the same policy and are of the same release, as their newest records say. */
export async function lookAtAgents(
  client: ElasticsearchClient,
  namespace: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  const path = `/${encodeURIComponent(recordStream(namespace))}/_search`;
  const body = {
    size: logsMax,
    query: {
      bool: {
        filter: [{ exists: { field: 'auditseal.size' } }, { range: { '@timestamp': { gte: 'now-1d' } } }],
      },
    },
    collapse: { field: 'auditseal.origin' },
    sort: [{ '@timestamp': 'desc' }],
    _source: ['auditseal.origin', 'auditseal.manifest'],
  };
  const { status, body: found } = await request(client, {
    method: 'POST',
    path,
    body,
    expect: [404],
    signal,
  });
  if (status === 404) return [];
  const agents = newestOf(
    parseAnswer(path, answer, found).hits.hits.flatMap(({ _source }) => agentOf(_source.auditseal)),
  );
  return [...Map.groupBy(agents, ({ cluster }) => cluster)].flatMap(([cluster, all]) => [
    compared(`agents-policy-${cluster}`, `policies of the agents of ${cluster}`, all, ({ policy }) => policy),
    compared(
      `agents-version-${cluster}`,
      `releases of the agents of ${cluster}`,
      all,
      ({ version }) => version,
    ),
  ]);
}

/** Whoever may create documents may make some up. */
function agentOf({ origin, manifest }: { origin: string; manifest: string }): AgentSeen[] {
  try {
    const { cluster, node, source } = parseOrigin(origin);
    const { policy, agent } = sealed.parse(JSON.parse(manifest));
    return [{ cluster, name: `${node}/${source}`, policy, version: agent.version }];
  } catch {
    return [];
  }
}

/** Of the epochs of a log the one with the newest record, which comes first. */
function newestOf(agents: readonly AgentSeen[]): AgentSeen[] {
  const newest = new Map<string, AgentSeen>();
  for (const one of agents) {
    const key = `${one.cluster}/${one.name}`;
    if (!newest.has(key)) newest.set(key, one);
  }
  return [...newest.values()];
}

function compared(
  id: string,
  name: string,
  agents: readonly AgentSeen[],
  of: (agent: AgentSeen) => string,
): Finding {
  const about = {
    id,
    name,
    expected: 'the same on each node',
    why: `${ours}: what is dropped on one node is seen on another`,
  };
  const groups = Map.groupBy(agents, of);
  if (groups.size < 2) return ok({ ...about, found: `the same in ${agents.length} logs` });
  const texts = [...groups].map(([value, all]) => `${value} on ${all.map((one) => one.name).join(', ')}`);
  return warning({
    ...about,
    found: texts.join('; '),
    remedy:
      'Wait for a rolling update to end; else find the node whose configuration differs: auditseal validate on it.',
  });
}
