import { z } from 'zod';
import { lacksApi, parseAnswer } from './answer.ts';
import type { ElasticsearchClient } from './client.ts';
import { request } from './request.ts';

/** Which Elasticsearch it is, by its own word. */
export interface Cluster {
  name: string;
  /** Made once, when the cluster was formed. */
  uuid: string;
  version?: string | undefined;
}

const shape = z.object({
  cluster_name: z.string(),
  cluster_uuid: z.string(),
  version: z.object({ number: z.string() }).or(z.number()).optional(),
});

/**
 * Asks `GET /`, which takes the cluster privilege `cluster:monitor/main` (part of `monitor`), and where that is not served the
 * cluster state without any of its parts, which names the same cluster. Throws ElasticsearchError.
 */
export async function clusterOf(client: ElasticsearchClient, signal?: AbortSignal): Promise<Cluster> {
  const ask = async (path: string) =>
    parseAnswer(path, shape, (await request(client, { method: 'GET', path, signal })).body);
  const answer = await ask('/').catch(async (error: unknown) => {
    if (!lacksApi(error)) throw error;
    return await ask('/_cluster/state/none');
  });
  const { cluster_name: name, cluster_uuid: uuid, version } = answer;
  return { name, uuid, ...(typeof version === 'object' && { version: version.number }) };
}
