import { createClient } from '../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../agent/elasticsearch/index.ts';
import { eventStream, installTemplates } from '../../agent/streams/index.ts';
import { everything, parseResource } from '../../agent/who/index.ts';
import type { Query } from '../../agent/who/index.ts';
import { randomNamespace, refresh } from './elasticsearch/index.ts';
import { ship } from './corpus.ts';

/** Asks for everything, but for what is given. */
export function query(more: Partial<Omit<Query, 'resources'>> & { resources?: string[] } = {}): Query {
  const { resources = [], ...rest } = more;
  return { ...everything, ...rest, resources: resources.map((text) => parseResource(text)) };
}

/** A namespace of our own that holds the documents of these lines. */
export async function shipped(
  url: string,
  lines: readonly string[],
): Promise<{ client: ElasticsearchClient; namespace: string; stream: string }> {
  const client = await createClient({ urls: [url], requestSeconds: 120 });
  const namespace = randomNamespace();
  const stream = eventStream(namespace);
  await installTemplates(client, { namespace, retentionDays: 400 });
  const { refused } = await ship(client, namespace, lines);
  if (refused.length > 0) throw new Error(`${refused.length} documents were refused`);
  await refresh(url, stream);
  return { client, namespace, stream };
}
