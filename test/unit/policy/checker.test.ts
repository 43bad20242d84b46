import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../../agent/event/index.ts';
import type { AuditEvent } from '../../../agent/event/index.ts';
import { parsePolicy } from '../../../agent/policy/index.ts';

/** Made by checker/main.go with the apiserver's own code. */
interface Table {
  rules: object[];
  requests: {
    user: string | null;
    groups: string[];
    verb: string;
    isResource: boolean;
    apiGroup: string;
    resource: string;
    subresource: string;
    namespace: string;
    name: string;
    path: string;
  }[];
  /** For each rule a string with "1" where it matches the request of that place. */
  matches: string[];
  policies: { policy: object; valid: boolean }[];
}

const table = JSON.parse(readFileSync('test/kit/fixtures/policy-checker.json', 'utf8')) as Table;

/** The event that the apiserver writes of a request: what is empty is left out. */
function eventOf(request: Table['requests'][number]): AuditEvent {
  const { apiGroup, resource, subresource, namespace, name } = request;
  const parts = Object.entries({ apiGroup, resource, subresource, namespace, name });
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    stage: 'RequestReceived',
    requestURI: `${encodeURI(request.path)}?pretty=true`,
    verb: request.verb,
    user: request.user === null ? {} : { username: request.user, groups: request.groups },
    ...(request.isResource && { objectRef: Object.fromEntries(parts.filter(([, value]) => value !== '')) }),
  };
  return parseEvent(Buffer.from(JSON.stringify(event))) as AuditEvent;
}

describe('matching, beside k8s.io/apiserver v0.35.4', () => {
  const header = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy' };
  const events = table.requests.map((request) => eventOf(request));

  test.each(table.rules.map((rule, index) => [index, rule] as const))(
    'rule %i matches the same requests: %j',
    (index, rule) => {
      const policy = parsePolicy(JSON.stringify({ ...header, rules: [rule] }));
      const row = events.map((event) => (policy.decide(event).action === 'metadata' ? '1' : '0')).join('');
      expect(row).toBe(table.matches[index]);
    },
  );

  test('the table holds enough of both outcomes', () => {
    const all = table.matches.join('');
    expect(all.length).toBe(13_500);
    expect(all.replaceAll('0', '').length).toBeGreaterThan(1000);
  });

  test.each(table.policies)('is as valid as to the apiserver: $policy', ({ policy, valid }) => {
    const parse = () => parsePolicy(JSON.stringify({ ...header, ...policy }));
    if (valid) expect(parse).not.toThrow();
    else expect(parse).toThrow();
  });
});
