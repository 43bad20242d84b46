import type { Lookup } from '../elasticsearch/lookup.ts';
import type { Finding, FindingKind } from '../finding.ts';
import type { StoredDocument } from '../streams.ts';
import { sealWordsOf } from './seal.ts';
import type { SealWords } from './seal.ts';
import { wordsOf } from './words.ts';
import type { DocumentWords } from './words.ts';

/** What an auditor needs to follow a finding, looked up as of now. */
export interface Evidence {
  /** The documents that it is about, the first few. */
  documents: DocumentWords[];
  /** Of an event of the log. */
  seal?: SealWords | undefined;
}

/** Findings on an event, or on a document in the place of one. */
const onEvents: ReadonlySet<FindingKind> = new Set([
  'changed',
  'missing',
  'inserted',
  'not erased',
  'not yet recorded',
]);

/** Findings on a document of the record stream. */
const onRecords: ReadonlySet<FindingKind> = new Set(['changed record', 'bad signature']);

const documentsMax = 3;

/** Whether there is a document, or the place of one, to look for. */
export function isOnDocument({ finding }: Finding): boolean {
  return onEvents.has(finding) || onRecords.has(finding);
}

/** Looks up what a finding is about; call it only if {@link isOnDocument}. Throws ElasticsearchError. */
export async function evidenceOf(finding: Finding, lookup: Lookup): Promise<Evidence> {
  return onRecords.has(finding.finding) ? await onRecord(finding, lookup) : await onEvent(finding, lookup);
}

async function onRecord({ id }: Finding, lookup: Lookup): Promise<Evidence> {
  const documents: DocumentWords[] = [];
  if (id === undefined) return { documents };
  for await (const document of lookup.record(id))
    if (documents.length < documentsMax) documents.push(wordsOf(document));
  return { documents };
}

async function onEvent(finding: Finding, lookup: Lookup): Promise<Evidence> {
  const { origin, index, id, hash } = finding;
  const seal =
    origin === undefined || origin === '' || index === undefined
      ? undefined
      : await sealWordsOf(lookup, origin, index);
  const documents: DocumentWords[] = [];
  for await (const document of documentsOf(finding, lookup, seal)) {
    const words = wordsOf(document);
    // Of an `_id` there may be another document in another backing index, which is as it was sealed.
    const isMeant =
      finding.finding !== 'inserted' || hash === undefined || id !== words.id || words.hash === hash;
    if (isMeant && documents.length < documentsMax) documents.push(words);
  }
  return { documents, seal };
}

async function* documentsOf(
  { finding, id, claimants, origin, index }: Finding,
  lookup: Lookup,
  seal: SealWords | undefined,
): AsyncGenerator<StoredDocument> {
  if (finding === 'missing') return;
  if (finding === 'changed' && !claimants && origin !== undefined && index !== undefined)
    yield* lookup.claims(origin, index);
  else {
    const ids = claimants ?? (finding === 'not erased' ? [seal?.id] : [id]);
    const known = ids.filter((each) => each !== undefined);
    if (known.length > 0) yield* lookup.events(known);
  }
}
