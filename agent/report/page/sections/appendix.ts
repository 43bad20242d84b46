import type { Report } from '../../report.ts';
import { markup, lines } from '../html.ts';
import type { Section } from './section.ts';

/** The verification's own words. */
export function appendixSection({ verified }: Report): Section {
  return {
    id: 'printed',
    title: 'What the verification printed',
    body: markup`<pre tabindex="0">${lines(verified.printed.trimEnd())}</pre>`,
  };
}
