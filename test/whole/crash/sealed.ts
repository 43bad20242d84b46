import type { Manifest } from '../../../agent/seal/index.ts';
import { eventStream } from '../../../agent/streams/index.ts';
import { lineOf, manifestsOf } from '../../kit/agent/index.ts';
import { allDocuments, refresh } from '../../kit/elasticsearch/index.ts';

/** What a source's log says was read, in order, over all of its epochs. */
export interface SealedOrder {
  lines: string[];
  /** Before which of the lines a gap stands (as many as there are lines: after the last). */
  gapsAt: Set<number>;
  gaps: number;
  /** What the manifests say and the documents do not bear out. */
  problems: string[];
}

/** Reads the sealed order of every source (by its name) from manifests and documents. Nothing may be dropped or glued. */
export async function sealedOrders(url: string, namespace: string): Promise<Map<string, SealedOrder>> {
  const documents = await documentsOf(url, namespace);
  const orders = new Map<string, SealedOrder>();
  for (const manifest of await manifestsOf(url, namespace)) {
    const source = manifest.origin.split('/')[2] ?? '';
    const order = orders.get(source) ?? { lines: [], gapsAt: new Set(), gaps: 0, problems: [] };
    orders.set(source, order);
    addBatch(order, manifest, documents.get(manifest.origin) ?? []);
  }
  return orders;
}

/** The lines of each log, by index. */
async function documentsOf(url: string, namespace: string): Promise<Map<string, string[]>> {
  const stream = eventStream(namespace);
  await refresh(url, stream);
  const logs = new Map<string, string[]>();
  for await (const { id, source } of allDocuments(url, stream)) {
    const { auditseal } = JSON.parse(source.toString()) as { auditseal: { origin: string } };
    const lines = logs.get(auditseal.origin) ?? [];
    logs.set(auditseal.origin, lines);
    lines[Number(id.split('-')[1])] = lineOf(source).toString('latin1');
  }
  return logs;
}

function addBatch(order: SealedOrder, manifest: Manifest, documents: readonly string[]): void {
  const { sources, gaps, first, origin, batch } = manifest;
  let index = first;
  const open = [...gaps];
  for (const { file, start, lines } of sources) {
    const at = open.findIndex(({ after }) => after?.file === file && after.offset === start);
    if (at !== -1) {
      order.gapsAt.add(order.lines.length);
      open.splice(at, 1);
    }
    for (const end = index + lines; index < end; index += 1) {
      const line = documents[index];
      if (line === undefined) order.problems.push(`${origin}: no document at ${index} of batch ${batch}`);
      else order.lines.push(line);
    }
  }
  order.gaps += gaps.length;
  for (const gap of open)
    order.problems.push(`${origin}: a gap that no stretch follows: ${JSON.stringify(gap)}`);
}
