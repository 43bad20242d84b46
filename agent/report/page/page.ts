import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Report } from '../report.ts';
import { Html, markup, time } from './html.ts';
import { aboutSection } from './sections/about.ts';
import { appendixSection } from './sections/appendix.ts';
import { clausesSection } from './sections/clauses.ts';
import { completenessSection } from './sections/completeness.ts';
import { deedSections } from './sections/deeds.ts';
import { findingsSection } from './sections/findings.ts';
import { keptSection } from './sections/kept.ts';
import { limitsSection } from './sections/limits.ts';
import { notificationsSection } from './sections/notifications.ts';
import { recordedSection } from './sections/recorded.ts';
import { repeatSection } from './sections/repeat.ts';
import { retentionSection } from './sections/retention.ts';
import { scopeSection } from './sections/scope.ts';
import type { Section } from './sections/section.ts';
import { verdictSection } from './sections/verdict.ts';

/**
 * The report as one HTML file: it asks for nothing from anywhere, runs no script, and forbids both (CSP), so that nothing that a
 * client of the apiserver has put into a name can do more than be read.
 */
export function pageOf(report: Report): string {
  const style = readFileSync(new URL('style.css', import.meta.url), 'utf8').trim();
  const digest = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; script-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  const parts = sectionsOf(report);
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>
          Audit log report: ${report.verified.summary.verdict}, ${report.since.slice(0, 10)} to
          ${report.until.slice(0, 10)}
        </title>
        <style>${new Html(style)}</style>
      </head>
      <body>
        <header>
          <h1>Report on the Kubernetes audit log</h1>
          <p>
            ${time(report.since)} to ${time(report.until)} UTC, namespace ${report.namespace}. Made
            ${time(report.madeAt)} by auditseal.
          </p>
        </header>
        <nav aria-label="Contents">
          <ol>
            ${parts.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li> `)}
          </ol>
        </nav>
        <main>
          ${parts.map(
            ({ id, title, body }) =>
              markup`<section>
                <h2 id="${id}">${title}</h2>
                ${body}
              </section> `,
          )}
        </main>
        <footer>
          <p class="quiet">
            auditseal report, version 1 of its form. Its digest, and if an operator signed it the signature,
            are in files beside it.
          </p>
        </footer>
      </body>
    </html> `;
  return page.text;
}

/** In the order of the page. What is new gets a line here. */
function sectionsOf(report: Report): Section[] {
  const before = [
    verdictSection(report),
    aboutSection(),
    scopeSection(report),
    completenessSection(report),
    keptSection(report),
    findingsSection(report),
    recordedSection(report),
    ...deedSections(report),
    notificationsSection(report),
    retentionSection(report),
  ];
  const repeat = repeatSection(report);
  const titles = new Map([...before, repeat].map(({ id, title }) => [id, title]));
  return [...before, clausesSection(report, titles), repeat, limitsSection(), appendixSection(report)];
}
