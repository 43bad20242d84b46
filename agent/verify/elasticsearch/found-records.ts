import { PointInTime, walk } from '../../elasticsearch/index.ts';
import type { ElasticsearchClient, Walk } from '../../elasticsearch/index.ts';
import { recordStream } from '../../streams/index.ts';
import type { StoredDocument } from '../streams.ts';

/**
 * Documents of the record stream that one question looks at. One would do, had nobody put others before it; with more than these
 * the place of an event is `unproven`, and never verified.
 */
const documentsMax = 10_000;

/** What a walk over the record stream finds as of now, forged or not. End it where what was looked for is found. Throws ElasticsearchError. */
export async function* foundRecords(
  client: ElasticsearchClient,
  namespace: string,
  wanted: Walk,
  signal?: AbortSignal,
): AsyncGenerator<StoredDocument> {
  const pit = await PointInTime.open(client, recordStream(namespace), signal);
  if (!pit) return;
  let documents = 0;
  try {
    for await (const hit of walk(client, pit, wanted, signal)) {
      yield hit;
      documents += 1;
      if (documents === documentsMax) return;
    }
  } finally {
    await pit.close();
  }
}
