import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../../agent/event/index.ts';
import { apiserverRules, Census, ourRules, suggestionsOf } from '../../../agent/noise/index.ts';
import { defaultPolicy, parsePolicy } from '../../../agent/policy/index.ts';
import { linesOf } from '../../kit/events.ts';
import { removeManagedFields } from '../../kit/managed-fields.ts';

const folder = 'test/kit/fixtures/rotating';
const lines = readdirSync(folder).flatMap((name) => linesOf(`${folder}/${name}`));
const header = 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n';

function censusOf(of: readonly Buffer[], policy = defaultPolicy()): Census {
  const census = new Census(policy);
  for (const line of of) census.take(line);
  return census;
}

const sum = (rows: [string, { events: number; bytes: number }][]) =>
  rows.reduce(
    (total, [, { events, bytes }]) => ({ events: total.events + events, bytes: total.bytes + bytes }),
    {
      events: 0,
      bytes: 0,
    },
  );

describe('a census of a recorded log', () => {
  const census = censusOf(lines);

  test('counts each event once in each table, with its newline', () => {
    const bytes = lines.reduce((total, { length }) => total + length + 1, 0);
    expect(census.all).toEqual({ events: lines.length, bytes });
    for (const counter of [
      census.byUser,
      census.byVerb,
      census.byResource,
      census.byUserAgent,
      census.byStage,
    ])
      expect(sum(counter.top())).toEqual(census.all);
  });

  test('says what the policy keeps, drops and cuts, to the byte', () => {
    const dropped = sum(census.dropped.top());
    expect(census.kept.events + dropped.events).toBe(lines.length);
    expect(census.kept.bytes + dropped.bytes + sum(census.reduced.top()).bytes).toBe(census.all.bytes);
    const byPolicy = lines.filter((line) => defaultPolicy().decide(parseEvent(line)!).action === 'drop');
    expect(dropped.events).toBe(byPolicy.length);
    expect(dropped.events).toBeGreaterThan(500);
  });

  test('finds managed fields, and RequestReceived with a later stage, as a count of parsed events does', () => {
    const events = lines.map((line) => JSON.parse(line.toString()) as { auditID: string; stage: string });
    const later = new Set(
      events.filter(({ stage }) => stage !== 'RequestReceived').map(({ auditID }) => auditID),
    );
    const received = events.filter(({ stage, auditID }) => stage === 'RequestReceived' && later.has(auditID));
    expect(census.followed.events).toBeGreaterThan(1000);
    // Of some the later stage was written first, which is not waited for.
    expect(received.length - census.followed.events).toBeLessThan(received.length / 100);
    expect(census.managedFields.events).toBe(
      events.filter((event) => removeManagedFields(event as never)).length,
    );
  });

  test('names the time that it covers', () => {
    const times = lines.map(
      (line) => (JSON.parse(line.toString()) as { stageTimestamp: string }).stageTimestamp,
    );
    expect([census.first, census.last]).toEqual([times.toSorted()[0], times.toSorted().at(-1)]);
  });
});

describe('suggested rules', () => {
  const keeping = parsePolicy(`${header}- level: RequestResponse\n`);
  const census = censusOf(lines, keeping);
  const suggestions = suggestionsOf(census.groups.all(), 8);

  test('drop exactly what they say, largest first', () => {
    expect(suggestions).toHaveLength(8);
    expect(suggestions.map(({ bytes }) => bytes)).toEqual(
      suggestions.map(({ bytes }) => bytes).toSorted((a, b) => b - a),
    );
    for (const one of suggestions) {
      const policy = parsePolicy(header + ourRules([one]));
      const dropped = lines.filter((line) => policy.decide(parseEvent(line)!).action === 'drop');
      const bytes = dropped.reduce((total, { length }) => total + length + 1, 0);
      expect({ rule: ourRules([one]), events: dropped.length, bytes }).toEqual({
        rule: ourRules([one]),
        events: one.events,
        bytes: one.bytes,
      });
    }
  });

  test('can be pasted together, each with a name of its own and what it makes unseen', () => {
    expect(parsePolicy(header + ourRules(suggestions)).droppingRules).toHaveLength(8);
    expect(ourRules(suggestions).match(/^# Unseen: /gmu)).toHaveLength(8);
  });

  test('for the apiserver have nothing of ours, and leave out what would lose a failed request', () => {
    const rules = apiserverRules(suggestions);
    expect(rules).not.toMatch(/name:|outcomes:/u);
    const policy = parsePolicy(header + rules);
    const dropped = lines.filter((line) => policy.decide(parseEvent(line)!).action === 'drop');
    const safe = suggestions.filter(({ notable }) => notable.events === 0);
    expect(dropped).toHaveLength(safe.reduce((total, { events }) => total + events, 0));
  });

  test('never take a person, a secret, a right, an exec or a deletion for noise', () => {
    const policy = parsePolicy(header + ourRules(suggestionsOf(census.groups.all(), 10_000)));
    for (const line of lines) {
      if (policy.decide(parseEvent(line)!).action !== 'drop') continue;
      const event = JSON.parse(line.toString()) as Record<string, never>;
      const { user, objectRef, verb, responseStatus } = event as unknown as {
        user: { username: string };
        objectRef?: { resource: string; apiGroup?: string; subresource?: string };
        verb: string;
        responseStatus?: { code?: number };
      };
      expect(user.username).toMatch(/^system:(?!anonymous$)/u);
      expect(['secrets', 'configmaps', 'tokenreviews']).not.toContain(objectRef?.resource);
      expect(objectRef?.apiGroup).not.toBe('rbac.authorization.k8s.io');
      expect(['exec', 'token', 'proxy', 'attach']).not.toContain(objectRef?.subresource);
      expect(['delete', 'deletecollection']).not.toContain(verb);
      expect(responseStatus?.code ?? 0).toBeLessThan(400);
    }
  });
});

test('memory is bounded, however many users, agents and paths a client invents', () => {
  const census = new Census(defaultPolicy());
  for (let i = 0; i < 30_000; i++)
    census.take(
      Buffer.from(
        `{"kind":"Event","apiVersion":"audit.k8s.io/v1","stage":"RequestReceived","auditID":"${i}","requestURI":"/x${i}","verb":"v${i}","user":{"username":"system:u${i}"},"userAgent":"a${i}"}`,
      ),
    );
  for (const counter of [census.byUser, census.byVerb, census.byResource, census.byUserAgent]) {
    expect(counter.top()).toHaveLength(10_001);
    expect(counter.top(1)[0]).toEqual(['(others)', expect.objectContaining({ events: 20_000 })]);
  }
  expect(census.groups.all()).toHaveLength(0);
});

test('a line that is no event is counted apart', () => {
  const census = censusOf([Buffer.from('torn'), Buffer.from(''), Buffer.from('{}')]);
  expect(census.malformed).toEqual({ events: 2, bytes: 8 });
  expect(census.all.events).toBe(0);
});
