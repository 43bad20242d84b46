import type { Cut, DocumentContext, Place } from './context.ts';
import { print } from './print.ts';
import { isoText } from './timestamp.ts';

const dataset = 'kubernetes.audit_logs';
const indexDigits = 12;

const constants = new WeakMap<DocumentContext, string>();

/** What all documents of a context have alike, as printed members: where they go, who made them, on which node. */
export function commonMembers(context: DocumentContext): string {
  const known = constants.get(context);
  if (known !== undefined) return known;
  const made = print({
    data_stream: { type: 'logs', dataset, namespace: context.namespace },
    ecs: { version: context.ecsVersion },
    agent: { type: 'auditseal', version: context.agentVersion },
    host: { name: context.node },
  }).slice(1, -1);
  constants.set(context, made);
  return made;
}

/**
 * The last members of the object `event`, printed: what identifies the document, and when it was read. `id` is the
 * document's `_id` without the hash at its end (seal-format.md §5).
 */
export function eventMembers({ logId }: DocumentContext, { index, readAt }: Place): string {
  const id = `${logId}-${index.toString().padStart(indexDigits, '0')}`;
  return `"id":"${id}","sequence":${index},"created":"${isoText(readAt)}","dataset":"${dataset}","module":"kubernetes"`;
}

/** Where the line stood, and where its document is sealed. */
export interface Provenance {
  log: { file: { path: string }; offset: number };
  auditseal: {
    origin: string;
    batch: number;
    recovered: true | undefined;
    cut: Cut | undefined;
  };
}

export function provenance(
  { origin }: DocumentContext,
  { path, offset, batch, recovered, cut }: Place,
): Provenance {
  return {
    log: { file: { path }, offset },
    auditseal: { origin, batch, recovered: recovered ? true : undefined, cut },
  };
}
