import type { Manifest } from '../../../agent/seal/index.ts';
import { recordStream } from '../../../agent/streams/index.ts';
import { allDocuments, refresh } from '../elasticsearch/index.ts';

/** The manifests of all batch records, by origin and batch. */
export async function manifestsOf(url: string, namespace: string): Promise<Manifest[]> {
  const stream = recordStream(namespace);
  await refresh(url, stream);
  const manifests: Manifest[] = [];
  for await (const { id, source } of allDocuments(url, stream)) {
    if (!/-b\d{8}-/u.test(id)) continue;
    const record = JSON.parse(source.toString()) as { auditseal: { manifest: string } };
    manifests.push(JSON.parse(record.auditseal.manifest) as Manifest);
  }
  return manifests.toSorted((a, b) => a.origin.localeCompare(b.origin) || a.batch - b.batch);
}
