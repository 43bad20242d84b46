import { createDocument } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { signedNoteDocument, signNote, statementDocumentId, statementText } from '../seal/index.ts';
import type { Erasure } from '../seal/index.ts';
import { recordStream } from '../streams/index.ts';
import { deleteDocuments } from './delete.ts';
import type { Plan } from './plan.ts';
import { erasuresBy, erasuresOf } from './statements.ts';
import type { NewErasures } from './statements.ts';

export interface EraseOptions extends NewErasures {
  namespace: string;
  signal?: AbortSignal | undefined;
  onDeleted?: (count: number) => void;
  /** Named points at which a test can stop it; in production it does nothing. */
  failpoint?: (name: string) => void;
}

export interface Erased {
  /** What was signed by this run; what an earlier one had signed is not signed again. */
  statements: Erasure[];
  /** Documents that are gone now, copies included. */
  deleted: number;
}

/**
 * Signs that a person's events are erased, then deletes them. In this order: killed in between, `verify` says `not erased` (exit 3)
 * of events that are still there, never that somebody has deleted what nobody signed. The same call goes on from there.
 * Throws ElasticsearchError and EraseError.
 */
export async function erase(
  client: ElasticsearchClient,
  { logs }: Plan,
  options: EraseOptions,
): Promise<Erased> {
  const { key, namespace, signal, onDeleted, failpoint = () => undefined } = options;
  const before = await erasuresBy(client, key.verifier, namespace, signal);
  const statements = logs.flatMap((log) => erasuresOf(log, before, options));
  const stream = recordStream(namespace);
  for (const statement of statements) {
    failpoint('sign');
    const text = statementText(statement);
    const source = signedNoteDocument(signNote(text, key), key.verifier, namespace, options.at);
    const id = statementDocumentId(key.verifier.text, text);
    await createDocument(client, { stream, id, source, signal });
  }
  failpoint('delete');
  let deleted = 0;
  for (const { documents } of logs) {
    const already = deleted;
    deleted += await deleteDocuments(client, documents, {
      signal,
      onDeleted: (count) => onDeleted?.(already + count),
    });
    failpoint('deleted');
  }
  return { statements, deleted };
}
