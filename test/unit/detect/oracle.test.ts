import { celEnv, parse, plan } from '@bufbuild/cel';
import type { CelInput } from '@bufbuild/cel';
import { expect, test } from 'vitest';
import { bodiesIn, CelEvent, celValue } from '../../../agent/cel/index.ts';
import { builtInRules, eventMembers, readyVariables } from '../../../agent/detect/index.ts';
import { Candidates } from '../../../agent/detect/candidates.ts';
import { numberOf, Values } from '../../../agent/detect/values.ts';
import { parseEvent } from '../../../agent/event/index.ts';
import type { AuditEvent } from '../../../agent/event/index.ts';
import { recordedLines } from '../../kit/corpus.ts';
import { crafted } from '../../kit/detect-events.ts';
import { recorded } from '../../kit/detect-recorded.ts';

const rules = builtInRules();
const ownNamespace = 'auditseal';

interface Line {
  event: AuditEvent;
  bytes: Buffer;
}

/** What was recorded and what was crafted, as far as rules are asked. */
async function answered(): Promise<Line[]> {
  const scenes = [...crafted.values()].flatMap(({ hit, nearMiss }) => [...hit, ...nearMiss].flat());
  const lines = [...(await recordedLines()), ...recorded.flatMap((scene) => scene.lines)];
  return [...lines.map((line) => Buffer.from(line)), ...scenes].flatMap((bytes) => {
    const event = parseEvent(bytes);
    return event === undefined || event.stage === 'RequestReceived' ? [] : [{ event, bytes }];
  });
}

const asked = await answered();

/** Ids of the rules whose condition is true of the event, by our closures. */
function ours(values: Values): string[] {
  return rules
    .filter(({ when }) => {
      values.steps = 100_000;
      return when(values) === true;
    })
    .map(({ text }) => text.id);
}

/** The values that a library is given, as CEL has them. */
function given(values: Values, names: readonly string[]): [string, unknown][] {
  return names.flatMap((name) => {
    const value = values.read(numberOf(name)!);
    return typeof value === 'symbol' ? [] : [[name, celValue(value)] as [string, unknown]];
  });
}

test('there are enough events to tell by', () => {
  expect(asked.length).toBeGreaterThan(2500);
});

test('the closures find what the library finds whose tree they are made of', () => {
  const values = new Values(ownNamespace);
  for (const { event, bytes } of asked) {
    values.begin(event, bytes);
    const ready = Object.fromEntries(given(values, Object.keys(readyVariables)));
    const about = { ...ready, event: new CelEvent(event, bodiesIn(bytes)) };
    const theirs = rules.filter(({ condition }) => condition.evaluate(about) === true);
    expect(ours(values)).toEqual(theirs.map(({ text }) => text.id));
  }
});

test('the closures find what another implementation of CEL finds', { timeout: 300_000 }, () => {
  const environment = celEnv();
  const planned = rules.map(({ text }) => ({ id: text.id, run: plan(environment, parse(text.when)) }));
  const values = new Values(ownNamespace);
  const paths = Object.keys(eventMembers).filter((path) => !path.endsWith('Object'));
  for (const { event, bytes } of asked) {
    values.begin(event, bytes);
    const ready = Object.fromEntries(given(values, Object.keys(readyVariables)));
    const bindings = { ...ready, event: nested(given(values, paths)) } as Record<string, CelInput>;
    const theirs = planned.filter(({ run }) => run(bindings) === true);
    expect(ours(values)).toEqual(theirs.map(({ id }) => id));
  }
});

/** `event.objectRef.name` as maps within maps. */
function nested(entries: readonly [string, unknown][]): Map<string, unknown> {
  const root = new Map<string, unknown>();
  for (const [path, value] of entries) {
    const names = path.split('.').slice(1);
    let at = root;
    for (const name of names.slice(0, -1)) {
      if (!at.has(name)) at.set(name, new Map());
      at = at.get(name) as Map<string, unknown>;
    }
    at.set(names.at(-1)!, value);
  }
  return root;
}

test('what is not a candidate is never true: nothing is lost by asking fewer rules', () => {
  const candidates = new Candidates(rules, ownNamespace);
  const values = new Values(ownNamespace);
  let candidatesCount = 0;
  for (const { event, bytes } of asked) {
    const some = new Set(candidates.of(event).map(({ text }) => text.id));
    candidatesCount += some.size;
    values.begin(event, bytes);
    for (const id of ours(values)) expect(some).toContain(id);
  }
  // Else the test would hold without an index.
  expect(candidatesCount / asked.length).toBeLessThan(rules.length / 4);
});

test('what is known of a kind is the same for all its events', () => {
  // Whoever declares a variable as known of a kind must have it told by the kind.
  const candidates = new Candidates(rules, ownNamespace);
  const values = new Values(ownNamespace);
  const kinds = new Map<unknown, string>();
  const names = Object.entries({ ...eventMembers, ...readyVariables })
    .filter(([, { from }]) => from === 'kind')
    .map(([name]) => name);
  for (const { event, bytes } of asked) {
    values.begin(event, bytes);
    const known = JSON.stringify(names.map((name) => String(values.read(numberOf(name)!))));
    const kind = candidates.of(event);
    if (kind === rules) continue;
    expect(kinds.get(kind) ?? known).toBe(known);
    kinds.set(kind, known);
  }
  expect(kinds.size).toBeGreaterThan(100);
});
