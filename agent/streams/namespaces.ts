import { z } from 'zod';
import { parseAnswer, request } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { eventStream, recordStream } from './stream-names.ts';

/** The namespaces that streams of ours exist in, as far as the key may see; each list sorted. */
export interface Namespaces {
  events: string[];
  records: string[];
}

const answered = z.object({ indices: z.array(z.string()) });

/** A namespace has no `-`; a backing index goes on with its date and generation. */
const ending = String.raw`(?:-\d{4}\.\d\d\.\d\d-\d{6,})?$`;

/** Asks with the privilege to read alone, so that a key sees what it may read. Throws ElasticsearchError. */
export async function namespacesOf(client: ElasticsearchClient, signal?: AbortSignal): Promise<Namespaces> {
  const path = `/${eventStream('*')},${recordStream('*')}/_field_caps`;
  const query = { fields: '_id', allow_no_indices: 'true', ignore_unavailable: 'true' };
  const { body } = await request(client, { method: 'GET', path, query, signal });
  const { indices } = parseAnswer(path, answered, body);
  const found = (stream: (namespace: string) => string) => {
    const [start] = stream('*').split('*');
    const form = new RegExp(`(?:^|-)${start!.replaceAll('.', String.raw`\.`)}([^-]+)${ending}`, 'u');
    return [...new Set(indices.flatMap((index) => form.exec(index)?.[1] ?? []))].toSorted();
  };
  return { events: found(eventStream), records: found(recordStream) };
}
