import type { Lookup, StoredDocument } from '../../../agent/verify/index.ts';
import { inReadingOrder } from './streams.ts';
import type { Written } from './log.ts';

/** What a lookup would answer from the record stream, in memory: as Elasticsearch does, by what documents say of themselves. */
export function memoryRecords(
  written: Written,
): Pick<Lookup, 'namespace' | 'holding' | 'newest' | 'nextOrigin' | 'batches'> {
  const documents = inReadingOrder(written.records, 'batch').map((document) => ({
    document,
    seal: membersOf(document),
  }));
  const where = async function* (isWanted: (seal: Seal) => boolean) {
    for (const { document, seal } of documents) if (isWanted(seal)) yield document;
  };
  return {
    namespace: written.namespace,
    holding: (origin, index) =>
      where((seal) => seal.origin === origin && seal.first <= index && index < seal.size),
    batches: (origin, batches) => where((seal) => seal.origin === origin && batches.includes(seal.batch)),
    newest: async function* (origin) {
      const own = documents.filter(({ seal }) => seal.origin === origin && seal.batch >= 0);
      for (const { document } of own.toReversed()) yield document;
    },
    nextOrigin: async (after) =>
      documents
        .map(({ seal }) => seal.origin)
        .filter((origin) => origin > after)
        .toSorted()[0],
  };
}

interface Seal {
  origin: string;
  batch: number;
  first: number;
  size: number;
}

function membersOf({ source }: StoredDocument): Seal {
  const { auditseal } = JSON.parse(source.toString()) as { auditseal: Partial<Seal> };
  return { origin: '', batch: -1, first: 0, size: 0, ...auditseal };
}
