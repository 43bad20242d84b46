import { importKey, statementDocumentId, statementText } from '../../../agent/seal/index.ts';
import type { SigningKey, Statement } from '../../../agent/seal/index.ts';
import type { StoredDocument } from '../../../agent/verify/index.ts';
import { noteDocument } from './note.ts';
import { privateKeyOf, recordsIndex } from './log.ts';

/** An operator's key that is the same on every run. */
export function operatorKey(name = 'operator@example.com'): SigningKey {
  return importKey(name, privateKeyOf(`operator ${name}`));
}

/** The key of one who may erase, the same on every run. */
export function eraserKey(): SigningKey {
  return operatorKey('eraser@example.com');
}

/** A statement as `auditseal statement` would send it. */
export function statementDocument(
  statement: Statement,
  key: SigningKey = operatorKey(),
  namespace = 'auditseal',
): StoredDocument {
  return signedText(statementText(statement), key, namespace);
}

/** A note document of any text, under the `_id` that a statement of that text would have. */
export function signedText(text: string, key: SigningKey, namespace = 'auditseal'): StoredDocument {
  return {
    index: recordsIndex,
    id: statementDocumentId(key.verifier.text, text),
    source: noteDocument(text, key, namespace, new Date('2026-11-24T00:00:00.000Z')),
  };
}
