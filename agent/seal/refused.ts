import { gzipSync } from 'node:zlib';
import { cutMembers, scanObject } from '../json/index.ts';
import { jsonString } from './json.ts';

/** Where an event document's last member begins; in a string its quotes would be escaped, so the first hit is it. */
export const auditMember = ',"kubernetes":{"audit":';
const auditEnd = Buffer.from('}}');
const headKind = '"event":{"kind":"event"';
const refusedKind = '"event":{"kind":"pipeline_error"';
const bodyMembers: ReadonlySet<string> = new Set(['requestObject', 'responseObject']);

/** What is left out of a refused form: the bodies of the audit event, or all of it (docs/seal-format.md §4). */
export const refusedForms = ['bodies', 'event'] as const;
export type RefusedForm = (typeof refusedForms)[number];

/** What of Elasticsearch's reason a refused form says: 1,000 characters at most, and such as have a UTF-8 form. */
export function refusalMessage(reason: string): string {
  return reason.slice(0, 1000).toWellFormed();
}

/**
 * The only other forms of a sealed document (docs/seal-format.md §4): what is left of it, the error that refused it and the
 * entry's exact bytes, compressed. `reason` is Elasticsearch's. Undefined where the entry has no audit event to cut bodies out of.
 */
export function refusedForm(entry: Buffer, reason: string, form: 'event'): Buffer;
export function refusedForm(entry: Buffer, reason: string, form: RefusedForm): Buffer | undefined;
export function refusedForm(entry: Buffer, reason: string, form: RefusedForm): Buffer | undefined {
  return formOf(entry, refusalMessage(reason), gzipSync(entry).toString('base64'), form);
}

/** The form's bytes from its parts; a verifier calls it with the values that it found in the document and its note. */
export function formOf(entry: Buffer, message: string, gzipBase64: string, form: 'event'): Buffer;
export function formOf(
  entry: Buffer,
  message: string,
  gzipBase64: string,
  form: RefusedForm,
): Buffer | undefined;
export function formOf(
  entry: Buffer,
  message: string,
  gzipBase64: string,
  form: RefusedForm,
): Buffer | undefined {
  const left = form === 'bodies' ? withoutBodies(entry) : withoutEvent(entry);
  if (!left) return undefined;
  const [head, ...rest] = left;
  const kind = head!.indexOf(headKind);
  const parts =
    kind < 0
      ? [head!]
      : [head!.subarray(0, kind), Buffer.from(refusedKind), head!.subarray(kind + headKind.length)];
  return Buffer.concat([
    ...parts,
    ...rest,
    Buffer.from(`,"error":{"message":${jsonString(message)}},"auditseal.refused":"${gzipBase64}"}`),
  ]);
}

/** The form in which a refused entry is sent first: without the bodies, where it has some. */
export function firstForm(entry: Buffer): RefusedForm {
  const left = withoutBodies(entry);
  const bytes = left?.reduce((sum, piece) => sum + piece.length, 0) ?? 0;
  return left !== undefined && bytes < entry.length - 1 ? 'bodies' : 'event';
}

/** The entry up to its last member, or without its last brace. */
function withoutEvent(entry: Buffer): Buffer[] {
  const cut = entry.indexOf(auditMember);
  return [entry.subarray(0, cut < 0 ? entry.length - 1 : cut)];
}

/** The head, and the last member without the bodies, but for the entry's last brace. */
function withoutBodies(entry: Buffer): Buffer[] | undefined {
  const cut = entry.indexOf(auditMember);
  if (cut < 0 || !entry.subarray(-auditEnd.length).equals(auditEnd)) return undefined;
  const start = cut + auditMember.length;
  const event = entry.subarray(start, -auditEnd.length);
  if (!scanObject(event, () => undefined)) return undefined;
  return [
    entry.subarray(0, cut),
    entry.subarray(cut, start),
    ...cutMembers(event, bodyMembers),
    auditEnd.subarray(1),
  ];
}
