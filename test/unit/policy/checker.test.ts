import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
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
  /** Policies of several rules; of each request a letter for the level, a small one where managed fields are omitted, and a hexadecimal digit for the omitted stages. */
  generated: { policy: { rules: object[]; omitStages?: string[] }; decisions: string }[];
  policies: { policy: object; valid: boolean }[];
}

const table = JSON.parse(
  gunzipSync(readFileSync('test/kit/fixtures/policy-checker.json.gz')).toString(),
) as Table;

/** The event that the apiserver writes of a request: what is empty is left out. */
function eventOf(request: Table['requests'][number], stage = 'RequestReceived'): AuditEvent {
  const { apiGroup, resource, subresource, namespace, name } = request;
  const parts = Object.entries({ apiGroup, resource, subresource, namespace, name });
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    stage,
    requestURI: `${encodeURI(request.path)}?pretty=true`,
    verb: request.verb,
    user: request.user === null ? {} : { username: request.user, groups: request.groups },
    ...(request.isResource && { objectRef: Object.fromEntries(parts.filter(([, value]) => value !== '')) }),
  };
  return parseEvent(Buffer.from(JSON.stringify(event))) as AuditEvent;
}

describe('matching, beside k8s.io/apiserver v0.37.0', () => {
  const header = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy' };
  const events = table.requests.map((request) => eventOf(request));

  test('each rule matches the same requests', () => {
    for (const [index, rule] of table.rules.entries()) {
      const policy = parsePolicy(JSON.stringify({ ...header, rules: [rule] }));
      const row = events.map((event) => (policy.decide(event).action === 'metadata' ? '1' : '0')).join('');
      expect({ rule, row }).toEqual({ rule, row: table.matches[index] });
    }
  });

  test('policies of several rules have the same level, omitted stages and managed fields for each request', () => {
    const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];
    const letters = { drop: 'N', metadata: 'M', request: 'Q', keep: 'R' } as const;
    const staged = table.requests.map((request) => stages.map((stage) => eventOf(request, stage)));
    const seen = new Set<string>();
    for (const { policy: text, decisions } of table.generated) {
      const policy = parsePolicy(JSON.stringify({ ...header, ...text }));
      for (const [at, ofRequest] of staged.entries()) {
        const letter = decisions[at * 2]!;
        const [level, omitted] = [letter.toUpperCase(), Number.parseInt(decisions[at * 2 + 1]!, 16)];
        const isSlim = letter !== level;
        for (const [bit, event] of ofRequest.entries()) {
          const { action, rule, omitManagedFields } = policy.decide(event);
          const isOmitted = (omitted & (1 << bit)) !== 0;
          // What no rule matches is of level None to the apiserver, and kept here.
          const ofDefault = isOmitted ? 'N' : 'R';
          const expected = rule === 'default' ? ofDefault : isOmitted ? 'N' : level;
          const isRight = letters[action] === expected && (rule !== 'default' || level === 'N');
          if (!isRight || (action !== 'drop' && omitManagedFields !== isSlim))
            expect({ text, request: table.requests[at], action, rule, omitManagedFields }).toEqual({
              level,
              omitted,
              isSlim,
            });
          seen.add(
            expected +
              (rule === 'default' ? ' default' : '') +
              (omitManagedFields && action !== 'drop' ? ' slim' : ''),
          );
        }
      }
    }
    expect(table.generated).toHaveLength(2000);
    expect([...seen].toSorted()).toEqual([
      'M',
      'M slim',
      'N',
      'N default',
      'Q',
      'Q slim',
      'R',
      'R default',
      'R default slim',
      'R slim',
    ]);
  });

  test('the table holds enough of both outcomes', () => {
    const all = table.matches.join('');
    expect(all.length).toBe(27_000);
    expect(all.replaceAll('0', '').length).toBeGreaterThan(2000);
  });

  test.each(table.policies)('is as valid as to the apiserver: $policy', ({ policy, valid }) => {
    const parse = () => parsePolicy(JSON.stringify({ ...header, ...policy }));
    if (valid) expect(parse).not.toThrow();
    else expect(parse).toThrow();
  });
});
