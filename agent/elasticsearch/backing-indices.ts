import { z } from 'zod';
import { parseAnswer } from './answer.ts';
import type { ElasticsearchClient } from './client.ts';
import { request } from './request.ts';

const resolved = z.object({
  data_streams: z.array(
    z.object({ name: z.string(), backing_indices: z.union([z.string(), z.array(z.string())]) }),
  ),
});

/** Of a data stream, oldest first, the write index last; none if there is no such stream. Throws ElasticsearchError. */
export async function backingIndices(
  client: ElasticsearchClient,
  stream: string,
  signal: AbortSignal,
): Promise<string[]> {
  const path = `/_resolve/index/${encodeURIComponent(stream)}`;
  const { status, body } = await request(client, { method: 'GET', path, signal, expect: [404] });
  if (status === 404) return [];
  const streams = parseAnswer(path, resolved, body).data_streams;
  return [streams.find(({ name }) => name === stream)?.backing_indices ?? []].flat();
}
