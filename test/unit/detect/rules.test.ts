import { describe, expect, test } from 'vitest';
import { builtInRules, Detector, ruleSet } from '../../../agent/detect/index.ts';
import type { Rule } from '../../../agent/detect/index.ts';
import { parseEvent } from '../../../agent/event/index.ts';
import { crafted } from '../../kit/detect-events.ts';
import type { Scene } from '../../kit/detect-events.ts';
import { recorded } from '../../kit/detect-recorded.ts';

const readAt = new Date('2027-11-23T01:00:00Z');

/** Which events of a scene a rule, asked alone, fires at. */
function firesAt(rule: Rule, scene: Scene): number[] {
  const problems: unknown[] = [];
  const options = { ownNamespace: 'auditseal', onProblem: (problem: unknown) => problems.push(problem) };
  const detector = new Detector({ ruleSet: ruleSet([rule]), ...options });
  const fired = scene.flatMap((line, i) =>
    detector.detect(parseEvent(line)!, line, readAt).length > 0 ? [i] : [],
  );
  expect(problems).toEqual([]);
  return fired;
}

const rules = builtInRules();

test('every built-in rule has scenes, and every scene a rule', () => {
  expect(rules.map(({ text }) => text.id).toSorted()).toEqual([...crafted.keys()].toSorted());
  expect(rules.length).toBeGreaterThanOrEqual(50);
});

describe.each(rules.map((rule) => [rule.text.id, rule] as const))('%s', (id, rule) => {
  const { hit, nearMiss } = crafted.get(id) ?? { hit: [], nearMiss: [] };

  test.each(hit)('fires at the last event of a hit %#', (...scene) => {
    expect(firesAt(rule, scene)).toEqual([scene.length - 1]);
  });

  test.each(nearMiss)('does not fire at a near miss %#', (...scene) => {
    expect(firesAt(rule, scene)).toEqual([]);
  });

  test('says what a person needs', () => {
    const { next, title, threat, needs, when } = rule.text;
    for (const sentence of [next]) expect(sentence).toMatch(/\.$/u);
    expect(title).not.toMatch(/\.$/u);
    expect(threat.some((one) => one.startsWith('TA'))).toBe(true);
    // What reads a body cannot fire at level Metadata.
    expect(needs === 'Metadata').toBe(!rule.readsBodies);
    expect(when).not.toBe('');
  });
});

describe('what a real apiserver wrote', () => {
  test.each(recorded.map(({ rule, kind, lines }, i) => [`${rule} ${kind} ${i}`, rule, kind, lines] as const))(
    '%s',
    (_name, id, kind, lines) => {
      const rule = rules.find(({ text }) => text.id === id)!;
      const fired = firesAt(
        rule,
        lines.map((line) => Buffer.from(line)),
      );
      expect(fired.length > 0).toBe(kind === 'hit');
    },
  );

  test('more than 70 rules have hits and near misses of it', () => {
    const both = rules.filter(({ text: { id } }) =>
      ['hit', 'near_miss'].every((kind) =>
        recorded.some((scene) => scene.rule === id && scene.kind === kind),
      ),
    );
    expect(both.length).toBeGreaterThan(70);
  });
});
