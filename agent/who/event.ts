import { z } from 'zod';
import { textUnitsMax } from '../event/index.ts';
import { boundFields, credentialFields } from './credential.ts';
import { fields } from './fields.ts';
import { grantOf } from './grant.ts';
import { detached } from './held-bytes.ts';
import { isSession, sessionOf } from './session.ts';

/** One event: a stage of a request, with what an answer needs; null where the event has none. */
export interface Event {
  /** `_id` of the document. */
  documentId: string;
  eventId: string | null;
  /** The auditID, which a client may choose. */
  request: string | null;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  user: string | null;
  effectiveUser: string | null;
  verb: string | null;
  resource: string | null;
  apiGroup: string | null;
  namespace: string | null;
  name: string | null;
  path: string | null;
  /** Of a session in a pod. */
  container: string | null;
  command: string | null;
  outcome: string | null;
  isDenied: boolean;
  code: number | null;
  address: string | null;
  /** Null where it was not asked for. */
  userAgent: string | null;
  /** Null in the refused form, which does not hold the audit event. */
  stage: string | null;
  /** Cluster and name of the log's source: `prod/kube-apiserver`. */
  source: string | null;
  /** When the apiserver got the request, as `time`. Null in the refused form. */
  received: string | null;
  /** A Grant as JSON; null where it was not asked for. */
  grant: string | null;
  /** Null where it was not asked for. */
  credential: CredentialUse | null;
}

/** What an event has to do with a credential, and to what that was bound; null where the event does not say. */
export interface CredentialUse {
  issued: string | null;
  used: string | null;
  pod: string | null;
  node: string | null;
}

const values = z.array(z.unknown());

/** One hit of a search for a View. */
export const hitSchema = z.object({
  _id: z.string(),
  sort: z.array(z.unknown()),
  fields: z.record(z.string(), values).default({}),
  _source: z.unknown().optional(),
});

type Hit = z.infer<typeof hitSchema>;

export function eventOf(hit: Hit, { withGrant = false, withCredential = false } = {}): Event {
  const { _id: documentId, fields: found } = hit;
  const text = (field: string) => textIn(found, field);
  const apiVersion = text(fields.apiVersion);
  const resource = text(fields.resource);
  const code = found[fields.code]?.[0];
  const session = isSession(resource) ? sessionOf(queryOf(found)) : undefined;
  return {
    documentId,
    eventId: text(fields.eventId),
    request: text(fields.request),
    time: text(fields.time) ?? '',
    user: text(fields.user),
    effectiveUser: text(fields.effectiveUser),
    verb: text(fields.verb),
    resource,
    apiGroup: apiVersion?.includes('/') ? detached(apiVersion.slice(0, apiVersion.lastIndexOf('/'))) : null,
    namespace: text(fields.namespace),
    name: text(fields.name),
    path: resource === null ? text(fields.path) : null,
    container: session?.container ?? null,
    command: session?.command ?? null,
    outcome: text(fields.outcome),
    isDenied: found[fields.type]?.includes('denied') ?? false,
    code: typeof code === 'number' ? code : null,
    address: text(fields.address),
    userAgent: text(fields.userAgent),
    stage: text(fields.stage),
    source: sourceOf(text(fields.origin)),
    received: text(fields.received),
    grant: withGrant ? grantIn(hit) : null,
    credential: withCredential ? credentialIn(found) : null,
  };
}

/** Of a log's origin `<cluster>/<node>/<source>/<epoch>` what all nodes of the cluster have in common. */
function sourceOf(origin: string | null): string | null {
  const [cluster, , source, , more] = origin?.split('/') ?? [];
  return cluster === undefined || source === undefined || more !== undefined
    ? null
    : detached(`${cluster}/${source}`);
}

function textIn(found: Hit['fields'], field: string): string | null {
  const value = found[field]?.[0];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

/**
 * Of the URI as the index has it, where that was asked for: a long one begins there with what was commanded. The head has the
 * beginning of it as the client wrote it, who can have put anything before the command.
 */
function queryOf(found: Hit['fields']): string {
  const uri = textIn(found, fields.uri);
  const mark = uri?.indexOf('?') ?? -1;
  if (uri !== null && mark >= 0) return uri.slice(mark + 1);
  const query = textIn(found, fields.query) ?? '';
  return query.length < textUnitsMax - 1 ? query : `${query}&command=…`;
}

/** A request that was only received has no body yet. */
function grantIn({ fields: found, _source: source }: Hit): string | null {
  if (textIn(found, fields.stage) === 'RequestReceived') return null;
  return JSON.stringify(
    grantOf({
      resource: textIn(found, fields.resource),
      namespace: textIn(found, fields.namespace),
      name: textIn(found, fields.name),
      isRefused: textIn(found, fields.kind) === 'pipeline_error',
      isCut: (found[fields.cut]?.length ?? 0) > 0,
      query: queryOf(found),
      source,
    }),
  );
}

function credentialIn(found: Hit['fields']): CredentialUse {
  return {
    issued: textIn(found, credentialFields.issued),
    used: textIn(found, credentialFields.used),
    pod: textIn(found, boundFields.pod),
    node: textIn(found, boundFields.node),
  };
}
