/**
 * Where the audit event is in a shipper's document: under `kubernetes.audit`, the last member (docs/seal-format.md §4); the
 * document itself; or the text of its `message`.
 */
export type Form = 'auditseal' | 'document' | 'message';

const audit = Buffer.from(',"kubernetes":{"audit":');

/** The event's exact bytes in a document; the whole document where it is not in its place, which then counts as damaged. */
export function eventIn(document: Buffer, form: Form): Buffer {
  if (form === 'document') return document;
  if (form === 'auditseal') {
    const at = document.indexOf(audit);
    return at === -1 ? document : document.subarray(at + audit.length, -2);
  }
  const { message } = JSON.parse(document.toString()) as { message?: unknown };
  return typeof message === 'string' ? Buffer.from(message) : document;
}
