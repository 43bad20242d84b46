import { gzipSync } from 'node:zlib';
import { jsonString } from './json.ts';

/** Where an event document's last member begins; in a string its quotes would be escaped, so the first hit is it. */
export const auditMember = ',"kubernetes":{"audit":';
const headKind = '"event":{"kind":"event"';
const refusedKind = '"event":{"kind":"pipeline_error"';

/**
 * The only other form of a sealed document (docs/seal-format.md §4): its typed head, the error that refused it
 * and the entry's exact bytes, compressed. `message` is Elasticsearch's reason; 1,000 characters at most.
 */
export function refusedForm(entry: Buffer, message: string): Buffer {
  return formOf(entry, message.slice(0, 1000).toWellFormed(), gzipSync(entry).toString('base64'));
}

/** The form's bytes from its three parts; a verifier calls it with the values that it found in the document. */
export function formOf(entry: Buffer, message: string, gzipBase64: string): Buffer {
  const cut = entry.indexOf(auditMember);
  const head = entry.subarray(0, cut < 0 ? entry.length - 1 : cut);
  const kind = head.indexOf(headKind);
  const parts =
    kind < 0
      ? [head]
      : [head.subarray(0, kind), Buffer.from(refusedKind), head.subarray(kind + headKind.length)];
  return Buffer.concat([
    ...parts,
    Buffer.from(`,"error":{"message":${jsonString(message)}},"auditseal.refused":"${gzipBase64}"}`),
  ]);
}
