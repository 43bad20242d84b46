import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { eventStream } from '../../../agent/streams/index.ts';
import { allDocuments, refresh } from '../elasticsearch/index.ts';
import { fetchAgain } from '../fetch-again.ts';

/** Line → how often. A line is latin1 text without its newline, so that every byte is one character. */
export type Multiset = Map<string, number>;

const audit = Buffer.from(',"kubernetes":{"audit":');
const refusedMark = Buffer.from(',"auditseal.refused":"');
const text = z.object({ auditseal: z.object({ original_base64: z.base64() }) });

/** The audit log's line that a document of the events stream holds, byte for byte, in whichever form. */
export function lineOf(source: Buffer): Buffer {
  const refused = source.indexOf(refusedMark);
  if (refused !== -1)
    return lineOf(
      gunzipSync(
        Buffer.from(source.toString('latin1', refused + refusedMark.length, source.length - 2), 'base64'),
      ),
    );
  const at = source.indexOf(audit);
  if (at !== -1) return source.subarray(at + audit.length, source.length - 2);
  const document = text.safeParse(JSON.parse(source.toString()));
  if (!document.success) throw new Error(`no audit line in ${source.toString().slice(0, 500)}`);
  return Buffer.from(document.data.auditseal.original_base64, 'base64');
}

/** Every line that Elasticsearch has, and how often. */
export async function collect(url: string, namespace: string): Promise<Multiset> {
  await refresh(url, eventStream(namespace));
  const found: Multiset = new Map();
  for await (const { source } of allDocuments(url, eventStream(namespace)))
    addTo(found, lineOf(source).toString('latin1'));
  return found;
}

export function addTo(multiset: Multiset, line: string): void {
  multiset.set(line, (multiset.get(line) ?? 0) + 1);
}

/** How many events Elasticsearch has by now; 0 while the stream does not exist or the server is away. */
export async function countEvents(url: string, namespace: string): Promise<number> {
  try {
    const stream = eventStream(namespace);
    await fetchAgain(`${url}/${stream}/_refresh`, { method: 'POST' });
    const answer: unknown = await (await fetchAgain(`${url}/${stream}/_count`)).json();
    return z.object({ count: z.int() }).safeParse(answer).data?.count ?? 0;
  } catch {
    return 0;
  }
}

/** What differs, as a short text for people; empty if nothing does. */
export function difference(written: Multiset, found: Multiset): string[] {
  const lines: string[] = [];
  for (const line of new Set([...written.keys(), ...found.keys()])) {
    const [wanted, got] = [written.get(line) ?? 0, found.get(line) ?? 0];
    if (wanted !== got) lines.push(`written ${wanted} times, found ${got} times: ${line.slice(0, 300)}`);
  }
  return lines;
}
