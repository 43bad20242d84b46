import { audit } from './audit.ts';
import {
  alias,
  boolean,
  date,
  eventKeywords,
  float,
  ip,
  keyword,
  keywords,
  long,
  object,
  sourceOnly,
  text,
  timestamp,
} from './fields.ts';
import type { Field } from './fields.ts';

const group = object(keywords('id', 'name', 'domain'));
const identity = { ...keywords('id', 'name', 'full_name', 'email', 'domain', 'roles'), group };

/** The mapping of event documents: ECS 9.4 fields of the head, the seal's fields, and the audit event. */
export const eventMapping: Field = {
  dynamic: false,
  properties: {
    '@timestamp': timestamp,
    data_stream: object(keywords('type', 'dataset', 'namespace')),
    ecs: object(keywords('version')),
    tags: keyword,
    event: object({
      ...eventKeywords,
      sequence: long,
      severity: long,
      risk_score: float,
      created: date,
      // Elastic's detection rules look for what came in since their last run by this field, which an ingest pipeline sets elsewhere. Here
      // nothing is added on the way, so it is the time at which the agent read the line, which is before the batch was sealed.
      ingested: alias('event.created'),
      original: sourceOnly,
    }),
    user: object({ ...identity, effective: object(identity) }),
    source: object({ ip, address: keyword }),
    network: object({ forwarded_ip: ip }),
    orchestrator: object({
      ...keywords('type', 'namespace', 'api_version'),
      cluster: object(keywords('id', 'name', 'url', 'version')),
      resource: object(keywords('type', 'name', 'id')),
    }),
    http: object({
      request: object(keywords('id', 'method')),
      response: object({ status_code: long }),
    }),
    url: object(keywords('path', 'query', 'original')),
    user_agent: object(keywords('original')),
    related: object({ ip, ...keywords('user', 'hosts') }),
    rule: object(keywords('id', 'name', 'category', 'reference')),
    threat: object({
      framework: keyword,
      tactic: object(keywords('id', 'name')),
      technique: object({ ...keywords('id', 'name'), subtechnique: object(keywords('id', 'name')) }),
    }),
    host: object(keywords('name', 'hostname')),
    agent: object(keywords('id', 'name', 'type', 'version')),
    log: object({ offset: long, file: object(keywords('path')) }),
    error: object({ message: text, ...keywords('type', 'code') }),
    auditseal: object({
      origin: keyword,
      batch: long,
      rule: keyword,
      ...keywords('authorizer'),
      credential: object(keywords('id', 'issued', 'node', 'pod')),
      redacted: keyword,
      recovered: boolean,
      cut: object({ bytes: long, mac: sourceOnly, fields: keyword }),
      original_base64: sourceOnly,
      refused: sourceOnly,
    }),
    kubernetes: object({ audit }),
  },
};
