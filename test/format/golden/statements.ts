import { signNote, statementText } from '../../../agent/seal/index.ts';
import type { Statement } from '../../../agent/seal/index.ts';
import type { StoredDocument } from '../../../agent/verify/index.ts';
import { operatorKey, signedText, statementDocument } from '../../kit/seal/operator.ts';

const log = 'prod/cp-1/kube-apiserver';
const origin = `${log}/20261123T004438Z`;
const second = `${log}/20261223T004438Z`;

/** Statements on the golden vectors: two that count, and one of each kind that does not. `now` is when they are made. */
export function statements(now: Date): { operators: string[]; documents: StoredDocument[] } {
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
  const wholeLog: Statement = { ...gap, batches: { first: 0, last: 9 }, why: 'not signed' };
  const line = (members: string) => `auditseal statement v1\n{${members},"at":"${at}","why":"x"}\n`;
  return {
    operators: [key.verifier.text],
    documents: [
      statementDocument(gap),
      statementDocument(retired),
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
