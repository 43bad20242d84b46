import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { pageOf } from '../../../agent/report/index.ts';
import { fixture, hostileNames } from './fixture.ts';
import { attribute, childrenOf, Parsed, textOf } from './parsed.ts';

/** What the page is made of. */
const ours = new Set(
  (
    'html head meta title style body header nav main footer section h1 h2 h3 h4 p div span strong em code pre ol ul li dl dt dd ' +
    'a bdi time table caption thead tbody tr th td svg desc rect path line text'
  ).split(' '),
);

/** Elements and names of attributes, but of times: a name in the place of one is shown as a name. */
function shapeOf({ elements }: Parsed): string[] {
  return elements
    .filter(({ tagName }) => tagName !== 'time')
    .map(({ tagName, attrs }) => `${tagName} ${attrs.map(({ name }) => name).join(' ')}`);
}

describe('the page', () => {
  let text: string;
  let page: Parsed;

  beforeAll(async () => {
    text = pageOf(await fixture(hostileNames));
    page = new Parsed(text);
  });

  test('is HTML that a parser has nothing to put right in', () => {
    expect(page.errors).toEqual([]);
  });

  test('is of our own elements and attributes alone, whatever clients put into names', async () => {
    const plain = new Parsed(pageOf(await fixture(hostileNames.map(() => 'alice'))));
    expect(page.elements.filter(({ tagName }) => !ours.has(tagName))).toEqual([]);
    // A name cannot even add an element: but for names that are no time, the same page has the same shape.
    expect(shapeOf(page)).toEqual(shapeOf(plain));
    expect(
      page.elements.flatMap(({ attrs }) => attrs).filter(({ name }) => /^on|^style$/u.test(name)),
    ).toEqual([]);
  });

  test('asks for nothing and runs nothing: its policy allows its own style alone', () => {
    const policy = page
      .all('meta')
      .filter((meta) => attribute(meta, 'http-equiv') === 'Content-Security-Policy')
      .map((meta) => attribute(meta, 'content'));
    const styles = page.all('style').map((style) => textOf(style));
    expect(styles).toHaveLength(1);
    const digest = createHash('sha256').update(styles[0]!).digest('base64');
    expect(policy).toEqual([
      `default-src 'none'; script-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`,
    ]);
    expect(styles[0]).not.toMatch(/url\(|@import/u);
    const links = page.all('a').map((link) => attribute(link, 'href') ?? '');
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((href) => !href.startsWith('#'))).toEqual([]);
  });

  test('shows what acts on a reader as it is written, and cuts what is long', () => {
    const names = page.all('bdi').map((name) => textOf(name));
    expect(names).toContain('<script>alert(1)</script>');
    expect(names).toContain('&lt;b&gt;');
    expect(names).toContain(String.raw`alice\u202egnp.exe\u2066\u200b`);
    expect(names).toContain(String.raw`a\u0000b\u001b[2J\u2028c\u000ad\ud800`);
    expect(names).toContain('مرحبا');
    expect(names).toContain(`${'x'.repeat(200)}… (10,000 characters)`);
    // In lines of several, their breaks stay.
    expect(text).not.toMatch(/[^\n\P{C}]/u);
  });

  test('has landmarks, and headings without a step left out', () => {
    expect(page.all('header', 'nav', 'main', 'footer').map(({ tagName }) => tagName)).toEqual([
      'header',
      'nav',
      'main',
      'footer',
    ]);
    expect(attribute(page.all('html')[0]!, 'lang')).toBe('en');
    const levels = page.all('h1', 'h2', 'h3', 'h4').map(({ tagName }) => Number(tagName[1]));
    expect(levels[0]).toBe(1);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, at) => at > 0 && level > levels[at - 1]! + 1)).toEqual([]);
  });

  test('has ids that are there once, and links that lead to one', () => {
    const ids = page.elements.flatMap((element) => attribute(element, 'id') ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = page.all('a').map((link) => attribute(link, 'href')!.slice(1));
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
    const labels = page.elements.flatMap(
      (element) => attribute(element, 'aria-labelledby')?.split(' ') ?? [],
    );
    expect(labels.length).toBeGreaterThan(0);
    expect(labels.filter((label) => !ids.includes(label))).toEqual([]);
  });

  test('has tables with a caption, a head for each column and for each row', () => {
    const tables = page.all('table');
    expect(tables.length).toBeGreaterThan(12);
    for (const table of tables) {
      const [caption, head, body] = childrenOf(table);
      expect([caption?.tagName, head?.tagName, body?.tagName]).toEqual(['caption', 'thead', 'tbody']);
      expect(textOf(caption!).trim()).not.toBe('');
      const heads = childrenOf(childrenOf(head!)[0]!);
      expect(heads.map((cell) => attribute(cell, 'scope'))).toEqual(heads.map(() => 'col'));
      const rows = childrenOf(body!);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        const [first, ...others] = childrenOf(row);
        expect([first?.tagName, attribute(first!, 'scope')]).toEqual(['th', 'row']);
        expect(others.map(({ tagName }) => tagName)).toEqual(heads.slice(1).map(() => 'td'));
      }
    }
  });

  test('has charts with a name and a description', () => {
    const charts = page.all('svg');
    expect(charts).toHaveLength(2);
    for (const chart of charts) {
      expect(attribute(chart, 'role')).toBe('img');
      expect(
        childrenOf(chart)
          .slice(0, 2)
          .map(({ tagName }) => tagName),
      ).toEqual(['title', 'desc']);
    }
    expect(page.elements.filter((element) => /NaN|undefined/u.test(attribute(element, 'd') ?? ''))).toEqual(
      [],
    );
  });
});

test('of each verdict the page says which it is, first of all', async () => {
  for (const verdict of ['verified', 'tampered', 'not proven complete', 'could not check'] as const) {
    const report = await fixture([]);
    report.verified.summary.verdict = verdict;
    const page = new Parsed(pageOf(report));
    expect(textOf(page.all('title')[0]!)).toContain(`report: ${verdict}, 2026-11-23`);
    expect(textOf(page.all('strong')[0]!)).toBe(verdict);
    expect(textOf(page.all('h2')[0]!)).toBe('Verdict');
  }
});

test('a gap, a restart, a policy and a finding of the log are on the page', async () => {
  const page = new Parsed(pageOf(await fixture(['alice'])));
  const rows = page.all('tr').map((row) =>
    childrenOf(row)
      .map((cell) => textOf(cell).trim())
      .join(' | '),
  );
  expect(rows.filter((row) => row.includes('rotated away') && row.includes('5,000'))).toHaveLength(1);
  expect(rows).toContain('gap | not proven complete | 1');
  expect(rows.filter((row) => row === 'start | the agent started | 2')).toHaveLength(1);
  const policies = page.all('pre').map((pre) => textOf(pre));
  expect(policies).toContain('rules:\n  - name: <b>bold</b>\n');
});

test('a log without a batch in the time has no chart, and a page all the same', async () => {
  const report = await fixture([]);
  const { completeness } = report.verified;
  completeness.batches = 0;
  completeness.noticeCounts = [];
  completeness.policies = { total: 0, list: [] };
  completeness.agents = { total: 0, list: [] };
  completeness.retentionDays = { total: 0, list: [] };
  const page = new Parsed(pageOf({ ...report, population: undefined, tables: [] }));
  expect(page.errors).toEqual([]);
  expect(page.all('svg')).toEqual([]);
});
