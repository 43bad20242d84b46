import { auditField } from './audit.ts';
import {
  alias,
  boolean,
  copied,
  date,
  eventKeywords,
  flattened,
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

const address = copied(ip, 'related.ip');

/** ECS `user` of one of the two users of an event. */
function identity(user: string): Readonly<Record<string, Field>> {
  return {
    name: copied(keyword, 'related.user'),
    id: alias(`kubernetes.audit.${user}.uid`),
    ...keywords('full_name', 'email', 'domain', 'roles'),
    group: object({ name: alias(`kubernetes.audit.${user}.groups`) }),
  };
}

/**
 * The mapping of event documents: ECS 9.4 fields of the head, the seal's fields, and the audit event. What of ECS repeats the event is no
 * member of documents: an alias of the event's own member, or a copy of one of the head.
 */
export const eventMapping = (annotationKeys: readonly string[] = []): Field => ({
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
    user: object({ ...identity('user'), effective: object(identity('impersonatedUser')) }),
    source: object({ ip: address, address: keyword }),
    client: object({ ip: alias('source.ip'), address: alias('source.address') }),
    network: object({ forwarded_ip: address }),
    container: object({ image: object({ name: keyword }) }),
    orchestrator: object({
      ...keywords('type', 'namespace', 'api_version'),
      cluster: object(keywords('id', 'name', 'url', 'version')),
      resource: object({ ...keywords('type', 'name'), id: alias('kubernetes.audit.objectRef.uid') }),
    }),
    http: object({
      request: object({ id: alias('kubernetes.audit.auditID') }),
      response: object({ status_code: long }),
    }),
    url: object({ ...keywords('path', 'query'), original: alias('kubernetes.audit.requestURI') }),
    user_agent: object({ original: alias('kubernetes.audit.userAgent') }),
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
      // What to do about what rules of detection have found.
      next: keyword,
      ...keywords('authorizer'),
      credential: object(keywords('id', 'issued', 'node', 'pod')),
      person: object({ name: copied(keyword, 'related.user'), place: keyword, claimed: boolean }),
      // Whatever a directory was asked for.
      directory: flattened,
      redacted: keyword,
      recovered: boolean,
      cut: object({ bytes: long, mac: sourceOnly, fields: keyword }),
      original_base64: sourceOnly,
      refused: sourceOnly,
    }),
    kubernetes: object({ audit: auditField(annotationKeys) }),
  },
});
