import { boundFields, credentialFields } from './credential.ts';
import { fields } from './fields.ts';
import { grantSource } from './grant.ts';

/** What a search returns of each document: more than the usual costs time and memory, so a question asks for what it shows. */
export interface View {
  docvalueFields: readonly unknown[];
  source: readonly string[] | false;
}

const usual = [
  fields.user,
  fields.effectiveUser,
  fields.verb,
  fields.resource,
  fields.apiVersion,
  fields.namespace,
  fields.name,
  fields.path,
  fields.query,
  fields.outcome,
  fields.type,
  fields.code,
  fields.address,
  fields.stage,
  fields.eventId,
  fields.request,
  fields.origin,
  { field: fields.time, format: 'strict_date_time' },
  { field: fields.received, format: 'strict_date_time' },
];

export const usualView: View = { docvalueFields: usual, source: false };

/** Where user agents are told, too. */
export const agentView: View = { ...usualView, docvalueFields: [...usual, fields.userAgent, fields.uri] };

export const grantView: View = {
  docvalueFields: [...usual, fields.kind, fields.cut],
  source: grantSource,
};

export const credentialView: View = {
  ...agentView,
  docvalueFields: [
    ...agentView.docvalueFields,
    ...Object.values(credentialFields),
    ...Object.values(boundFields),
  ],
};
