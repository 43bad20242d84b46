import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { parseEvent } from '../../../agent/event/index.ts';
import { defaultPolicy, parsePolicy } from '../../../agent/policy/index.ts';
import { randomNamespace } from '../../kit/elasticsearch/index.ts';
import { events, expectations } from './crafted.ts';
import type { Crafted } from './crafted.ts';
import { rules } from './index.ts';
import { hitsOf, search, shipCrafted } from './shipped.ts';
import type { PolicyName } from './shipped.ts';

const url = inject('elasticsearchUrl');
const names = rules.map(({ name }) => name);
const parsed = (event: Crafted) => parseEvent(Buffer.from(event.line))!;
const idsOf = (name: string, kind: 'hit' | 'near_miss' | 'also') => expectations.get(name)?.[kind] ?? [];
const eventsOf = (name: string, kind: 'hit' | 'near_miss') => idsOf(name, kind).map((id) => events.get(id)!);

test('51 rules, each with crafted events of its own', () => {
  expect(names).toHaveLength(51);
  expect(new Set(names)).toEqual(new Set(expectations.keys()));
  const made = names.flatMap((name) => [...idsOf(name, 'hit'), ...idsOf(name, 'near_miss')]);
  expect(made.toSorted()).toEqual([...events.keys()].toSorted());
});

describe.each<[PolicyName, string, boolean]>([
  ['keep everything', '', false],
  ['default', ', redacted', false],
  ['default', ', redacted, with pseudonyms', true],
])('shipped by the agent, policy: %s%s', (policy, _with, withPseudonyms) => {
  const namespace = randomNamespace();
  const dropped = [...events.values()].filter(
    (event) => policy === 'default' && defaultPolicy().decide(parsed(event)).action === 'drop',
  );
  const isThere = (id: string) => !dropped.some(({ auditID }) => auditID === id);

  beforeAll(() => shipCrafted(url, namespace, policy, withPseudonyms));

  test('everything is there but what the policy drops, and that is no hit', async () => {
    const found = await search(url, namespace, { match_all: {} });
    expect(found.map(({ auditId }) => auditId).toSorted()).toEqual(
      [...events.keys()].filter(isThere).toSorted(),
    );
    expect(names.flatMap((name) => idsOf(name, 'hit')).filter((id) => !isThere(id))).toEqual([]);
  });

  test.each(rules)('$name finds its hits, what it should beside them, and no near miss', async (rule) => {
    const expected = [...idsOf(rule.name, 'hit'), ...idsOf(rule.name, 'also')].filter(isThere);
    expect([...(await hitsOf(url, namespace, rule))].toSorted()).toEqual(expected.toSorted());
  });
});

describe('what the recommended audit policy writes', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../manifests/audit-policy.yaml'), 'utf8');
  const policy = parsePolicy(text);
  const levels = { drop: 'None', metadata: 'Metadata', request: 'Request', keep: 'RequestResponse' } as const;

  /** `None` where the stage is omitted, or where no rule matches: then the apiserver writes nothing. */
  const levelOf = (event: Crafted) => {
    const { action, rule } = policy.decide(parsed(event));
    return rule === 'default' ? 'None' : levels[action];
  };

  test.each([...events.values()])('$auditID is as the policy has it', (event) => {
    expect(levelOf(event)).toBe(event.level);
    if (event.level !== 'RequestResponse') expect(event.responseObject).toBeUndefined();
    if (event.level === 'Metadata') expect(event.requestObject).toBeUndefined();
  });

  test.each(rules)('$name sees its event at that level and stage', ({ name, levels: seen }) => {
    for (const event of eventsOf(name, 'hit')) expect(seen).toContain(levelOf(event));
  });
});
