import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { pageOf } from '../../../agent/report/index.ts';
import { describeReal, testReal as test } from '../../kit/real.ts';
import { fixture, hostileNames } from '../../unit/report/fixture.ts';

/** Debian's package `chromium` puts it there. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

interface AxeResults {
  violations: { id: string; nodes: { html: string }[] }[];
}

/** Units of CSS: 96 to the inch. */
const a4Width = (210 / 25.4) * 96;
const printMargins = ((2 * 12) / 25.4) * 96;

/** Run in the page: what the keyboard has reached, nothing at the end. */
const stopOfKeyboard = `(() => {
  const at = document.activeElement;
  if (!at || at === document.body) return undefined;
  return at.tagName + ' ' + (at.getAttribute('aria-label') ?? at.textContent.trim().slice(0, 60));
})()`;

/** Run in the page: the beginnings of what is wider than the page. */
const cutAtTheRight = `[...document.querySelectorAll('table, svg, pre')]
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => each.textContent.trim().slice(0, 80))`;

describeReal('in a real Chromium', () => {
  let browser: Browser;
  let folder: string;
  let url: string;
  let axe: string;

  beforeAll(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    folder = await mkdtemp(join(tmpdir(), 'auditseal-report-'));
    const file = join(folder, 'report.html');
    await writeFile(file, pageOf(await fixture(hostileNames)));
    url = pathToFileURL(file).href;
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** The page, and what it asked for or complained of. */
  async function opened(
    colorScheme: 'light' | 'dark',
    width: number,
  ): Promise<{ page: Page; said: string[] }> {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('dialog', (dialog) => {
      said.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url() !== url) said.push(`request ${request.url()}`);
    });
    await page.goto(url);
    return { page, said };
  }

  test.each([
    ['light', 1200],
    ['dark', 1200],
    ['light', 320],
    ['dark', 320],
  ] as const)(
    '%s, %i px wide: nothing runs, nothing is asked for, axe finds nothing',
    async (scheme, width) => {
      const { page, said } = await opened(scheme, width);
      expect(said).toEqual([]);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(13, 17, 23)');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      // Said to the debugger, which the page's policy does not bind.
      await page.evaluate(axe);
      const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html.slice(0, 200)])).toEqual([]);
      await page.close();
    },
  );

  test('the keyboard reaches the contents first, then each table in a region of its own, each with a name', async () => {
    const { page } = await opened('light', 320);
    const stops: string[] = [];
    for (;;) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate<string | undefined>(stopOfKeyboard);
      if (stop === undefined || stops.length > 2000) break;
      stops.push(stop);
    }
    expect(stops[0]).toBe('A Verdict');
    expect(stops).toContain('DIV Who accessed secrets');
    expect(stops).toContain('DIV Chart of events over time');
    expect(stops.filter((stop) => stop.trim().split(' ').length < 2)).toEqual([]);
    const tables = await page.locator('table').count();
    expect(stops.filter((stop) => stop.startsWith('DIV ')).length).toBe(tables + 2);
    await page.close();
  });

  test('a screen reader is told the names of charts and heads of rows', async () => {
    const { page } = await opened('light', 1200);
    expect(await page.getByRole('img', { name: 'Events sealed and lines dropped, over time' }).count()).toBe(
      1,
    );
    expect(await page.getByRole('table', { name: 'Who accessed secrets' }).count()).toBe(1);
    expect(await page.getByRole('rowheader', { name: 'alert(1)' }).count()).toBeGreaterThan(0);
    expect(await page.getByRole('columnheader', { name: 'Requests' }).count()).toBeGreaterThan(0);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    await page.close();
  });

  test('printed to A4 no table is cut at a side, and it is dark on white whatever the screen is', async () => {
    const { page } = await opened('dark', Math.round(a4Width - printMargins));
    await page.emulateMedia({ media: 'print' });
    const cut = await page.evaluate<string[]>(cutAtTheRight);
    expect(cut).toEqual([]);
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(0, 0, 0)');
    const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    // In points of 1/72 inch.
    expect(pdf.toString('latin1')).toMatch(/\/MediaBox \[0 0 59[45][\d.]* 84[12][\d.]*\]/u);
    await page.close();
  });
});
