import { expect, test } from 'vitest';
import { LogSigns } from '../../../agent/drift/index.ts';
import { compareLevels, LogChecks } from '../../../agent/drift/log-checks.ts';
import type { AuditEvent } from '../../../agent/event/index.ts';

const minutes = 600_000;
const start = Date.parse('2026-12-01T00:00:00Z');

/** A log of windows of ten minutes. */
class Scene {
  readonly signs = new LogSigns();
  readonly checks = new LogChecks(this.signs);
  #window = 0;

  /** Events of the next window, by level; all of the stage ResponseComplete. */
  pass(levels: Record<string, number>, more: Partial<AuditEvent> = {}): void {
    this.signs.begin(this.now());
    for (const [level, count] of Object.entries(levels))
      for (let i = 0; i < count; i += 1) this.signs.see({ ...event, level, ...more });
    this.#window += 1;
  }

  now(): Date {
    return new Date(start + this.#window * minutes);
  }

  found(id: string, answers?: boolean): string {
    const findings = this.checks.findings({ source: 'a', answers, now: this.now().getTime() });
    const finding = findings.find((one) => one.id === `${id}-a`)!;
    return `${finding.state}: ${finding.found}`;
  }
}

const event: AuditEvent = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  depth: 1,
  stage: 'ResponseComplete',
  stageTimestamp: '2026-12-01T00:00:00.000000Z',
};

test('a level that came in each ten minutes and does not any more is said, until it comes again', () => {
  const scene = new Scene();
  for (let i = 0; i < 8; i += 1) scene.pass({ Metadata: 200, Request: 1 });
  expect(scene.found('levels')).toBe('ok: those that came before');
  scene.pass({ Metadata: 200 });
  scene.pass({ Metadata: 200 });
  expect(scene.found('levels')).toBe('ok: those that came before');
  scene.pass({ Metadata: 200 });
  const said = scene.found('levels');
  expect(said).toBe('warning: no longer Request, since 2026-12-01T01:50:00.000Z');
  // Longer than windows are remembered, in the same words.
  for (let i = 0; i < 20; i += 1) scene.pass({ Metadata: 200 });
  expect(scene.found('levels')).toBe(said);
  scene.pass({ Request: 1 });
  expect(scene.found('levels')).toBe('ok: those that came before');
});

test('what was rare, or a log in which little comes, is not said', () => {
  const rare = new Scene();
  for (let i = 0; i < 12; i += 1) rare.pass(i % 2 === 0 ? { Metadata: 200, Request: 1 } : { Metadata: 200 });
  for (let i = 0; i < 4; i += 1) rare.pass({ Metadata: 200 });
  expect(rare.found('levels')).toMatch(/^ok/u);
  const little = new Scene();
  for (let i = 0; i < 8; i += 1) little.pass({ Metadata: 5, Request: 1 });
  for (let i = 0; i < 4; i += 1) little.pass({ Metadata: 5 });
  expect(little.found('levels')).toMatch(/^ok/u);
});

test('a stage that is omitted now is said as a level is', () => {
  const scene = new Scene();
  for (let i = 0; i < 8; i += 1) {
    scene.pass({ Metadata: 200 });
    scene.signs.see({ ...event, level: 'Metadata', stage: 'ResponseStarted' });
  }
  for (let i = 0; i < 3; i += 1) scene.pass({ Metadata: 200 });
  expect(scene.found('stages')).toMatch(/^warning: no longer ResponseStarted, since /u);
});

test('silence is a warning, and a problem while the apiserver answers; waiting for room is neither', () => {
  const scene = new Scene();
  for (let i = 0; i < 8; i += 1) scene.pass({ Metadata: 1 });
  for (let i = 0; i < 4; i += 1) scene.pass({});
  expect(scene.found('silence')).toMatch(/^warning: none since 2026-12-01T02:00/u);
  expect(scene.found('silence', true)).toMatch(/^problem: .* while its apiserver answers$/u);
  scene.pass({ Metadata: 1 });
  scene.pass({});
  expect(scene.found('silence')).toMatch(/^ok/u);

  const paused = new Scene();
  for (let i = 0; i < 8; i += 1) paused.pass({ Metadata: 1 });
  for (let i = 0; i < 4; i += 1) {
    paused.signs.pause();
    paused.pass({});
  }
  expect(paused.found('silence')).toMatch(/^ok/u);
});

test('one event ahead of the clock, or cut by the apiserver, is held for an hour', () => {
  const scene = new Scene();
  scene.pass({ Metadata: 1 }, { stageTimestamp: '2026-12-01T00:00:59.000000Z' });
  expect(scene.found('event-clock')).toMatch(/^ok/u);
  scene.pass({ Metadata: 1 }, { stageTimestamp: '2026-12-01T00:11:01.000000Z' });
  expect(scene.found('event-clock')).toBe('warning: more than a minute after it');
  scene.pass({ Metadata: 1 }, { annotations: { 'audit.k8s.io/truncated': 'true' } });
  expect(scene.found('truncated')).toBe('warning: some within the last hour');
  for (let i = 0; i < 6; i += 1) scene.pass({ Metadata: 1 });
  expect([scene.found('event-clock'), scene.found('truncated')]).toEqual([
    "ok: none after this machine's clock",
    'ok: none',
  ]);
});

test('members of odd types are counted as other, and end nothing', () => {
  const scene = new Scene();
  scene.pass({ Metadata: 1 }, { level: { a: 1 }, stage: 7, stageTimestamp: null, annotations: 'x' });
  expect(Object.fromEntries(scene.signs.levelCounts())).toMatchObject({ other: 1 });
  expect(Object.fromEntries(scene.signs.stageCounts())).toMatchObject({ other: 1 });
});

test('a clock that steps by years makes no windows without end', () => {
  const signs = new LogSigns();
  signs.begin(new Date(start));
  signs.begin(new Date('2099-01-01'));
  expect(signs.windows.length).toBeLessThanOrEqual(2);
  signs.begin(new Date(start));
  expect(signs.windows.length).toBeLessThanOrEqual(2);
});

const compared = (counted: Record<string, number>, read: Record<string, number>) =>
  compareLevels('a', new Map(Object.entries(counted)), new Map(Object.entries(read))).state;

test('a level that the apiserver counted, and of which nothing is read, is a problem', () => {
  expect(compared({ None: 1000, Metadata: 500, Request: 100 }, { Metadata: 400 })).toBe('problem');
  expect(compared({ None: 1000, Metadata: 500, Request: 99 }, { Metadata: 400 })).toBe('ok');
});
