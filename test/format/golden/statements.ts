import { signNote, statementText } from '../../../agent/seal/index.ts';
import type { Statement } from '../../../agent/seal/index.ts';
import type { StoredDocument } from '../../../agent/verify/index.ts';
import { eraserKey, operatorKey, signedText, statementDocument } from '../../kit/seal/operator.ts';

const log = 'prod/cp-1/kube-apiserver';
const origin = `${log}/20261123T004438Z`;
const second = `${log}/20261223T004438Z`;

/** Leaf indexes of the first epoch whose documents are gone: erased, and past a retention that was shortened. */
export const takenAway = [1, 9];

/** Statements on the golden vectors: one of each kind that counts, and some that do not. `now` is when they are made. */
export function statements(now: Date): { operators: string[]; erasers: string[]; documents: StoredDocument[] } {
  const at = now.toISOString();
  const key = operatorKey();
  const stranger = operatorKey('stranger@example.com');
  const gap: Statement = {
    kind: 'acknowledge',
    log: origin,
    batches: { first: 1, last: 1 },
    at,
    why: 'backup "audit-2.log" was cut by hand: ticket 4711',
  };
  const retired: Statement = { kind: 'retire', log: second, last: 1, at, why: 'cp-1 was replaced by cp-4' };
  const erased: Statement = { kind: 'erase', log: origin, indexes: [{ first: 1, last: 1 }], at, why: 'request 17 of a data subject' };
  const shorter: Statement = { kind: 'retention', log: origin, batches: { first: 3, last: 3 }, days: 1, at, why: 'the disk was full' };
  const wholeLog: Statement = { ...gap, batches: { first: 0, last: 9 }, why: 'not signed' };
  const line = (members: string) => `auditseal statement v1\n{${members},"at":"${at}","why":"x"}\n`;
  return {
    operators: [key.verifier.text],
    erasers: [eraserKey().verifier.text],
    documents: [
      statementDocument(gap),
      statementDocument(retired),
      statementDocument(erased, eraserKey()),
      statementDocument(shorter, eraserKey()),
      // Of a key that may not say so.
      statementDocument({ ...erased, indexes: [{ first: 0, last: 2 }] }),
      statementDocument({ ...gap, batches: { first: 0, last: 9 } }, eraserKey()),
      unsigned(statementDocument(wholeLog), statementText(wholeLog)),
      statementDocument({ ...wholeLog, why: 'signed by nobody who is known' }, stranger),
      signedText(line(`"kind":"erase","log":"${origin}","first":0,"last":2`), key),
      signedText(line(`"kind":"acknowledge", "log":"${origin}","first":0,"last":9`), key),
    ],
  };
}

/** Without its signature line. */
function unsigned(document: StoredDocument, text: string): StoredDocument {
  const source = document.source.toString();
  const note = JSON.stringify(signNote(text, operatorKey()));
  const bare = JSON.stringify(`${text}\n`);
  if (!source.includes(note)) throw new Error('no note in the document');
  return { ...document, source: Buffer.from(source.replace(note, () => bare)) };
}
