import { deleteDocument, putSource } from '../test/kit/elasticsearch/index.ts';
import { DemoError } from './error.ts';
import { findFirst } from './search.ts';
import type { Place } from './search.ts';

/** A document, changed or deleted through Elasticsearch's own API. */
export interface Tampering {
  finding: 'changed' | 'missing';
  /** What whoever does it is after. */
  story: string;
  /** As one would do it by hand. */
  request: string[];
  /** The document's `_id`, and the event's id, which is the same without the hash. */
  id: string;
  eventId: string;
}

const from = '"lab-admin"';
const to = '"bob@example.test"';

/** Lets an administrator's grant look like somebody else's, in every field. */
export async function changeOne({ url, stream }: Place, signal: AbortSignal): Promise<Tampering> {
  const { index, id } = await findFirst(
    { url, stream },
    'user.name:"lab-admin" AND kubernetes.audit.requestObject.roleRef.name:"cluster-admin" AND event.outcome:success',
    signal,
  );
  const response = await fetch(`${url}/${index}/_source/${encodeURIComponent(id)}`, { signal });
  const source = await response.text();
  if (!response.ok || !source.includes(from))
    throw new DemoError(
      'elasticsearch',
      `${index}/_source/${id}: ${response.status} ${source.slice(0, 300)}`,
    );
  await putSource(url, index, id, Buffer.from(source.replaceAll(from, to)));
  return {
    finding: 'changed',
    story: `lab-admin bound somebody to cluster-admin; now ${to} did:`,
    request: [
      `curl -X PUT "$ES/${index}/_doc/${id}?…" \\`,
      `     -d '{"@timestamp":…,"user":{"name":${to},…'`,
    ],
    id,
    eventId: withoutHash(id),
  };
}

/** Lets what was run in a pod disappear. */
export async function deleteAnother(place: Place, signal: AbortSignal): Promise<Tampering> {
  const { index, id } = await findFirst(
    place,
    'user.name:"lab-admin" AND orchestrator.resource.type:"pods/exec" AND event.outcome:success',
    signal,
  );
  await deleteDocument(place.url, index, id);
  return {
    finding: 'missing',
    story: 'lab-admin ran a command in a pod; now nobody did:',
    request: [`curl -X DELETE "$ES/${index}/_doc/${id}"`],
    id,
    eventId: withoutHash(id),
  };
}

function withoutHash(id: string): string {
  return id.slice(0, id.lastIndexOf('-'));
}
