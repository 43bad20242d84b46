import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import { eventStream, installTemplates, recordStream, verdictStream } from '../../../agent/streams/index.ts';
import { createDocument, randomNamespace, refresh } from '../../kit/elasticsearch/index.ts';
import { fetchAgain } from '../../kit/fetch-again.ts';
import { kqlToDsl } from '../../kit/kql.ts';

const file = join(import.meta.dirname, '../../../manifests/elastic-rules.ndjson');
const severity = z.enum(['low', 'medium', 'high', 'critical']);

/** What the import of the Detection Engine takes, as far as our rules use it (Kibana's `RuleToImport`, a query rule). */
const ruleSchema = z.strictObject({
  rule_id: z.string().regex(/^auditseal-[a-z-]+$/),
  name: z.string().startsWith('auditseal: '),
  description: z.string().min(20),
  type: z.literal('query'),
  language: z.literal('kuery'),
  index: z.array(z.string()).length(1),
  query: z.string(),
  severity,
  risk_score: z.int().min(0).max(100),
  enabled: z.literal(false),
  interval: z.literal('5m'),
  from: z.enum(['now-9m', 'now-1h']),
  to: z.literal('now'),
  max_signals: z.int(),
  author: z.array(z.string()),
  license: z.string(),
  version: z.int().min(1),
  tags: z.array(z.string()),
  references: z.array(z.string()),
  false_positives: z.array(z.string()),
  threat: z.array(z.never()),
  exceptions_list: z.array(z.never()),
  actions: z.array(z.never()),
  note: z.string().min(20),
  setup: z.string(),
  risk_score_mapping: z.array(
    z.strictObject({ field: z.string(), operator: z.literal('equals'), value: z.string() }),
  ),
  severity_mapping: z.array(
    z.strictObject({ field: z.string(), operator: z.literal('equals'), value: z.string(), severity }),
  ),
  related_integrations: z.array(z.never()),
  required_fields: z.array(z.never()),
  immutable: z.literal(false),
  timestamp_override: z.literal('event.ingested').optional(),
  rule_name_override: z.string().optional(),
});

const rules = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => ruleSchema.parse(JSON.parse(line)));

test('each rule has an id of its own, and one that looks at events goes by when they were read', () => {
  expect(new Set(rules.map(({ rule_id: id }) => id)).size).toBe(rules.length);
  for (const { index, timestamp_override: override } of rules)
    expect(override).toBe(index[0] === 'logs-kubernetes.audit_logs-*' ? 'event.ingested' : undefined);
});

const namespace = randomNamespace();
const at = { '@timestamp': '2026-11-23T01:00:00Z' };
const origin = 'prod/cp-1/kube-apiserver/20261123T000000Z';
const verdict = (verify: object) => ({ ...at, auditseal: { verify } });

/** By stream: documents by their ids, which name the rules that should find them. */
const documents: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  [eventStream(namespace)]: {
    'auditseal-match': { ...at, event: { kind: 'event' }, rule: { id: ['own'] }, auditseal: { origin } },
    'auditseal-pipeline-error': { ...at, event: { kind: 'pipeline_error' }, auditseal: { origin } },
    'none-event': { ...at, event: { kind: 'event' }, auditseal: { origin } },
    'none-of-others': { ...at, event: { kind: 'pipeline_error' }, rule: { id: 'theirs' } },
  },
  [recordStream(namespace)]: {
    'auditseal-gap': { ...at, auditseal: { origin, gaps: 2 } },
    'none-record': { ...at, auditseal: { origin, gaps: 0 } },
  },
  [verdictStream(namespace)]: {
    'auditseal-tampered': verdict({ verdict: 'tampered', exit_code: 1, findings: { silent: 0 } }),
    'auditseal-silent': verdict({ verdict: 'not proven complete', exit_code: 3, findings: { silent: 1 } }),
    'auditseal-not-checked': verdict({ verdict: 'could not check', exit_code: 2 }),
    'none-verdict': verdict({ verdict: 'verified', exit_code: 0, findings: { silent: 0, ends_early: 0 } }),
  },
};

const found = z.object({ hits: z.object({ hits: z.array(z.object({ _id: z.string() })) }) });

test('each finds what it is for, and nothing else', async () => {
  const url = inject('elasticsearchUrl');
  const client = await createClient({ urls: [url], requestSeconds: 120 });
  await installTemplates(client, { namespace, retentionDays: 400 });
  for (const [stream, sources] of Object.entries(documents)) {
    for (const [id, source] of Object.entries(sources))
      await createDocument(url, stream, id, Buffer.from(JSON.stringify(source)));
    await refresh(url, stream);
  }
  await client.close();
  for (const { rule_id: id, index, query } of rules) {
    const stream = index[0]!.replace(/\*$/u, namespace);
    expect(Object.keys(documents), id).toContain(stream);
    const answer = await fetchAgain(`${url}/${stream}/_search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: kqlToDsl(query) }),
    });
    expect(found.parse(await answer.json()).hits.hits.map(({ _id }) => _id)).toEqual([id]);
  }
});
