import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const samples = readFileSync(join(import.meta.dirname, '../fixtures/samples.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .filter((line) => line.length < 4000 && line.includes('"auditID":"'));

/**
 * The n-th line that a test writes, latin1 text without its newline, different from all others. Most are real events
 * under another auditID; some are what Elasticsearch refuses, what is no event, and bytes that are not UTF-8.
 */
export function lineNumber(n: number): string {
  const name = `line-${String(n).padStart(8, '0')}`;
  if (n % 50 === 17) return `no event at all: ${name}`;
  if (n % 50 === 31) return `{"kind":"Event","bytes \xff\xfe that are not UTF-8":"${name}"}`;
  if (n % 50 === 43) return refusedEvent(name);
  const sample = samples[n % samples.length] ?? '';
  return Buffer.from(sample.replace(/"auditID":"[^"]*"/u, `"auditID":"${name}"`)).toString('latin1');
}

/** Valid, but its `spec` is text where an object is mapped: Elasticsearch refuses the document with 400. */
export function refusedEvent(auditId: string): string {
  return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"${auditId}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/lab/services","verb":"create","user":{"username":"eve"},"sourceIPs":["127.0.0.1"],"requestObject":{"spec":"text"},"requestReceivedTimestamp":"2026-11-23T01:06:03.433599Z","stageTimestamp":"2026-11-23T01:06:03.433599Z"}`;
}
