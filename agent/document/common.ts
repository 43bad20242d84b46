import { hash } from 'node:crypto';
import { eventId } from '../seal/index.ts';
import type { DocumentContext, Place } from './context.ts';
import { derived } from './derived.ts';
import { print, printMembers } from './print.ts';
import { isoText } from './timestamp.ts';

const dataset = 'kubernetes.audit_logs';

/** ECS `agent.id`: the same for all sources and epochs of a node, whatever becomes of its state. */
function agentId({ cluster, node }: DocumentContext): string {
  return hash('sha256', `auditseal agent\n${cluster}/${node}`).slice(0, 16);
}

/** What all documents of a context have alike, as printed members: where they go, who made them, on which node. */
export const commonMembers = derived((context: DocumentContext): string =>
  printMembers({
    data_stream: { type: 'logs', dataset, namespace: context.namespace },
    ecs: { version: context.ecsVersion },
    agent: { id: agentId(context), type: 'auditseal', version: context.agentVersion },
    host: { name: context.node },
  }),
);

/**
 * The last members of the object `event`, printed: what identifies the document, and when it was read. `id` is the
 * document's `_id` without the hash at its end (seal-format.md §5).
 */
export function eventMembers({ logId }: DocumentContext, { index, readAt }: Place): string {
  return `"id":"${eventId(logId, index)}","sequence":${index},"created":"${isoText(readAt)}","dataset":"${dataset}","module":"kubernetes"`;
}

let lastPath = '';
let lastPathText = '';

/** `log`, printed: where the line stood. */
export function logMember({ path, offset }: Place): string {
  if (path !== lastPath) {
    lastPathText = print(path);
    lastPath = path;
  }
  return `"log":{"file":{"path":${lastPathText}},"offset":${offset}},`;
}

const originOf = derived(({ origin }: DocumentContext) => print(origin));

/**
 * `auditseal`, printed: where the document is sealed, who decided that it is kept, and what was done to it. `more` is put at its end, as
 * `printMembers` prints it.
 */
export function sealMember(
  context: DocumentContext,
  { batch, rule, redacted, recovered, cut }: Place,
  more = '',
): string {
  const marks =
    redacted || recovered || cut
      ? `,${printMembers({ redacted, recovered: recovered ? true : undefined, cut })}`.slice(0, -1)
      : '';
  // Of the form of seal-format.md §2: nothing in it needs an escape.
  const decided = rule === undefined ? '' : `,"rule":"${rule}"`;
  return `"auditseal":{"origin":${originOf(context)},"batch":${batch}${decided}${marks}${more && `,${more.slice(0, -1)}`}}`;
}
