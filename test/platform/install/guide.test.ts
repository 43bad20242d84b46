import { describe, expect, test } from 'vitest';
import { parseGuide, readGuide } from './guide.ts';
import { platforms } from './platforms.ts';
import { planRoute } from './route.ts';
import type { Route } from './route.ts';

const text = [
  '# Guide',
  '## 1. First',
  '```console',
  '$ one --a \\',
  '    --b',
  '```',
  '**some, of old.** With a word.',
  '```console',
  '$ two   # why',
  '```',
  '```yaml',
  'no: command',
  '```',
  '**others.** And:',
  '```console',
  '$ three |',
  '    four',
  '```',
  '## Appendix',
  '```console',
  '$ five',
  '```',
].join('\n');

const route: Route = { title: 'mine', parts: ['others'], changes: [], expectations: [] };

describe('the guide', () => {
  test('has commands below numbered headings, behind lead-ins, with the lines that continue them', () => {
    const { titles, commands } = parseGuide(text);
    expect([...titles]).toEqual([[1, 'First']]);
    expect(commands).toEqual([
      { step: 1, text: 'one --a \\\n    --b', line: 4 },
      { step: 1, part: 'some, of old', text: 'two   # why', line: 9 },
      { step: 1, part: 'others', text: 'three |\n    four', line: 16 },
    ]);
  });

  test('has no output between its commands, which nobody would have run', () => {
    const wrong = text.replace('$ two   # why', '$ two   # why\nit says so');
    expect(() => parseGuide(wrong)).toThrow(/line 10 of the guide is no command/u);
  });
});

describe('a route through the guide', () => {
  test('is what everybody runs, and its own parts, as they are printed', () => {
    const planned = planRoute(parseGuide(text), route);
    expect(planned.map(({ run }) => run)).toEqual(['one --a \\\n    --b', 'three |\n    four']);
  });

  test('replaces, excuses and awaits what it says, with the reason', () => {
    const planned = planRoute(parseGuide(text), {
      ...route,
      changes: [
        { what: /--a/u, kind: 'replaced', by: '--c $&', why: 'no a' },
        { what: /^one/u, kind: 'awaited', secondsMax: 3, why: 'slow' },
        { what: /^three/u, kind: 'excused', why: 'no three' },
      ],
    });
    expect(planned.map(({ run, reasons, secondsMax }) => ({ run, reasons, secondsMax }))).toEqual([
      { run: 'one --c $& \\\n    --b', reasons: ['no a', 'slow'], secondsMax: 3 },
      { run: undefined, reasons: ['no three'], secondsMax: 0 },
    ]);
  });

  test('is refused if the guide has no such part, or no command that a change is for', () => {
    const guide = parseGuide(text);
    expect(() => planRoute(guide, { ...route, parts: ['none'] })).toThrow(
      /no command behind \*\*none\.\*\*/u,
    );
    const change = { what: /^two/u, kind: 'excused', why: 'no two' } as const;
    expect(() => planRoute(guide, { ...route, changes: [change] })).toThrow(/matches \/\^two\/u/u);
  });
});

const routes = Object.values(platforms).flatMap((platform) => platform.routes);

test.each(routes.map((one) => [one.title, one] as const))('docs/install.md has the route %s', (_, one) => {
  const planned = planRoute(readGuide(), one);
  expect(new Set(planned.map(({ printed }) => printed.step))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]));
});
