import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrustFile } from '../../../agent/trust/index.ts';
import type { StoredDocument } from '../../../agent/verify/index.ts';
import type { Written } from './log.ts';
import { inReadingOrder } from './streams.ts';

export interface DumpOptions {
  now: Date;
  trust?: TrustFile;
  hitsPerPage?: number;
}

/** A dump for other verifiers (docs/seal-format.md §8.6): the answers that Elasticsearch would give, page by page. */
export async function writeDump(folder: string, written: Written, options: DumpOptions): Promise<void> {
  const { now, trust, hitsPerPage = 500 } = options;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'now'), now.toISOString());
  await writeFile(join(folder, 'namespace'), written.namespace);
  if (trust) await writeFile(join(folder, 'trust.json'), JSON.stringify(trust));
  await writePages(folder, 'records', inReadingOrder(written.records, 'batch'), hitsPerPage);
  await writePages(folder, 'events', inReadingOrder(written.events, 'sequence'), hitsPerPage);
}

async function writePages(
  folder: string,
  name: string,
  documents: readonly StoredDocument[],
  hitsPerPage: number,
): Promise<void> {
  const pages = Math.max(1, Math.ceil(documents.length / hitsPerPage));
  for (let page = 0; page < pages; page += 1) {
    const hits = documents.slice(page * hitsPerPage, (page + 1) * hitsPerPage);
    const file = `${name}-${String(page).padStart(6, '0')}.json`;
    await writeFile(join(folder, file), searchAnswer(hits));
  }
}

/** The body of a `_search` answer, `_source` byte for byte; `from` is the position of the first document. */
export function searchAnswer(documents: readonly StoredDocument[], pit = 'a pit', from = 0): Buffer {
  const hits = documents.map(({ index, id, source }, i) =>
    Buffer.concat([
      Buffer.from(
        `${i === 0 ? '' : ','}{"_index":${JSON.stringify(index)},"_id":${JSON.stringify(id)},"_score":null,"_source":`,
      ),
      source,
      Buffer.from(`,"sort":[${from + i},9223372036854775807]}`),
    ]),
  );
  return Buffer.concat([
    Buffer.from(
      `{"pit_id":${JSON.stringify(pit)},"took":3,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"hits":{"max_score":null,"hits":[`,
    ),
    ...hits,
    Buffer.from(']}}'),
  ]);
}
