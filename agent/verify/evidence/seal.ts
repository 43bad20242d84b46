import { eventDocumentId, hashBytes, leafHash, logIdOf } from '../../seal/index.ts';
import type { Lookup } from '../elasticsearch/lookup.ts';
import { judgeRecord } from '../records/record.ts';
import type { BatchRecord } from '../records/record.ts';
import { parseDocument } from '../parse-document.ts';

/** What the seal still knows of the event of an index, whatever became of its document. */
export interface SealWords {
  /** `_id` that the document of the event had. */
  id: string;
  /** Leaf hash of its bytes, hex. */
  hash: string;
  batch: number;
  /** RFC 3339. */
  sealedAt: string;
  /** Which of the batch's events it is, from 1, and of how many. */
  ordinal: number;
  count: number;
  /** What the batch was read from; offsets in uncompressed bytes, `end` exclusive. */
  files: { path: string; start: number; end: number }[];
  filesTotal: number;
  before?: Neighbour | undefined;
  after?: Neighbour | undefined;
}

/** The nearest event of the batch on a side whose document is what was sealed. */
export interface Neighbour {
  index: number;
  time?: string | undefined;
  path?: string | undefined;
  offset?: number | undefined;
}

const filesMax = 3;
const charsMax = 200;
/** How far a neighbour is looked for. */
const neighboursMax = 5;

/** Undefined where no record that holds under its own key has the index. Throws ElasticsearchError. */
export async function sealWordsOf(
  lookup: Lookup,
  origin: string,
  index: number,
): Promise<SealWords | undefined> {
  const record = await recordHolding(lookup, origin, index);
  if (!record) return undefined;
  const { first, count, batch, sealedAt, sources } = record.manifest;
  const logId = logIdOf(record.key.text);
  const leafAt = (of: number) =>
    record.leafHashes.subarray((of - first) * hashBytes, (of - first + 1) * hashBytes);
  const wanted = new Map<string, number>();
  for (
    let of = Math.max(first, index - neighboursMax);
    of <= Math.min(first + count - 1, index + neighboursMax);
    of += 1
  )
    if (of !== index) wanted.set(eventDocumentId(logId, of, leafAt(of)), of);
  let [before, after]: (Neighbour | undefined)[] = [];
  for await (const { id, source } of lookup.events([...wanted.keys()])) {
    const of = wanted.get(id);
    if (of === undefined || !leafHash(source).equals(leafAt(of))) continue;
    if (of < index && of > (before?.index ?? -1)) before = neighbourOf(of, source);
    if (of > index && of < (after?.index ?? Infinity)) after = neighbourOf(of, source);
  }
  return {
    id: eventDocumentId(logId, index, leafAt(index)),
    hash: leafAt(index).toString('hex'),
    batch,
    sealedAt,
    ordinal: index - first + 1,
    count,
    files: sources
      .slice(0, filesMax)
      .map(({ path, start, end }) => ({ path: path.slice(0, charsMax), start, end })),
    filesTotal: sources.length,
    before,
    after,
  };
}

async function recordHolding(
  lookup: Lookup,
  origin: string,
  index: number,
): Promise<BatchRecord | undefined> {
  for await (const document of lookup.holding(origin, index)) {
    const { record } = judgeRecord(document, lookup.namespace);
    const { first, count, origin: of } = record?.manifest ?? { first: 0, count: 0, origin: '' };
    if (record && of === origin && index >= first && index < first + count) return record;
  }
  return undefined;
}

/** Its bytes are what was sealed, so that what they say is the agent's word. */
function neighbourOf(index: number, source: Buffer): Neighbour {
  const document = parseDocument(source) as
    { '@timestamp'?: unknown; log?: { offset?: unknown; file?: { path?: unknown } } } | undefined;
  const { '@timestamp': time, log } = document ?? {};
  const path = log?.file?.path;
  return {
    index,
    ...(typeof time === 'string' && { time: time.slice(0, charsMax) }),
    ...(typeof path === 'string' && { path: path.slice(0, charsMax) }),
    ...(typeof log?.offset === 'number' && { offset: log.offset }),
  };
}
