import { z } from 'zod';
import { fields } from './fields.ts';
import { detached } from './held-bytes.ts';

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
  outcome: string | null;
  isDenied: boolean;
  code: number | null;
  address: string | null;
  /** Null in the refused form, which does not hold the audit event. */
  stage: string | null;
}

/** The fields that a search returns of each document. */
export const docvalueFields = [
  fields.user,
  fields.effectiveUser,
  fields.verb,
  fields.resource,
  fields.apiVersion,
  fields.namespace,
  fields.name,
  fields.path,
  fields.outcome,
  fields.type,
  fields.code,
  fields.address,
  fields.stage,
  fields.eventId,
  fields.request,
  { field: fields.time, format: 'strict_date_time' },
];

const values = z.array(z.union([z.string(), z.number()]));

/** One hit of a search for {@link docvalueFields}. */
export const hitSchema = z.object({
  _id: z.string(),
  sort: z.array(z.unknown()),
  fields: z.record(z.string(), values).default({}),
});

export function eventOf({ _id: documentId, fields: found }: z.infer<typeof hitSchema>): Event {
  const text = (field: string) => {
    const value = found[field]?.[0];
    return value === undefined ? null : String(value);
  };
  const apiVersion = text(fields.apiVersion);
  const resource = text(fields.resource);
  const code = found[fields.code]?.[0];
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
    outcome: text(fields.outcome),
    isDenied: found[fields.type]?.includes('denied') ?? false,
    code: typeof code === 'number' ? code : null,
    address: text(fields.address),
    stage: text(fields.stage),
  };
}
