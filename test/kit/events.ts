import { readFileSync } from 'node:fs';
import { parseEvent } from '../../agent/event/index.ts';
import type { AuditEvent } from '../../agent/event/index.ts';

/** An event as the apiserver writes one, with some fields replaced; undefined takes one out. */
export function event(changes: Record<string, unknown> = {}): AuditEvent {
  const whole = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: '7d1a2f5e-0000-4000-8000-000000000000',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/lab/pods/web',
    verb: 'get',
    user: { username: 'alice', groups: ['dev', 'system:authenticated'] },
    sourceIPs: ['10.0.0.1'],
    userAgent: 'kubectl/v1.35.4',
    objectRef: { resource: 'pods', namespace: 'lab', name: 'web', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: '2026-11-23T01:06:03.433599Z',
    stageTimestamp: '2026-11-23T01:06:03.433599Z',
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    ...changes,
  };
  return parseEvent(Buffer.from(JSON.stringify(whole))) as AuditEvent;
}

/** The lines of a recorded audit log, without their newlines. */
export function linesOf(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(0x0a, from);
    lines.push(bytes.subarray(from, end < 0 ? bytes.length : end));
    from = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}
