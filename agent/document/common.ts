import type { Cut, DocumentContext, Place } from './context.ts';
import { quote } from './quote.ts';
import { isoText } from './timestamp.ts';

export const dataset = 'kubernetes.audit_logs';

const constants = new WeakMap<DocumentContext, string>();

/** The end of the object `event`: what identifies the document, and when it was read. */
export function eventMembers({ logId }: DocumentContext, { index, readAt }: Place): string {
  const id = `${logId}-${index.toString().padStart(12, '0')}`;
  return `"id":"${id}","sequence":${index},"created":"${isoText(readAt)}","dataset":"${dataset}","module":"kubernetes"},`;
}

/** What all documents of a context have alike: where they go, who made them, on which node. */
export function commonMembers(context: DocumentContext): string {
  const known = constants.get(context);
  if (known !== undefined) return known;
  const made =
    `"data_stream":{"type":"logs","dataset":"${dataset}","namespace":${quote(context.namespace)}},` +
    `"ecs":{"version":${quote(context.ecsVersion)}},` +
    `"agent":{"type":"auditseal","version":${quote(context.agentVersion)}},` +
    `"host":{"name":${quote(context.node)}},`;
  constants.set(context, made);
  return made;
}

export function logMember({ path, offset }: Place): string {
  return `"log":{"file":{"path":${quote(path)}},"offset":${offset}},`;
}

/** The object `auditseal`, without a comma after it. `more` is further members of it, each after its comma. */
export function sealMember({ origin }: DocumentContext, { batch, recovered, cut }: Place, more = ''): string {
  const marks = (recovered ? ',"recovered":true' : '') + (cut === undefined ? '' : cutMember(cut));
  return `"auditseal":{"origin":${quote(origin)},"batch":${batch}${marks}${more}}`;
}

function cutMember({ bytes, mac, fields }: Cut): string {
  return `,"cut":{"bytes":${bytes},"mac":${quote(mac)},"fields":[${fields.map(quote).join(',')}]}`;
}
