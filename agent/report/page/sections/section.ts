import type { Html } from '../html.ts';

/** A part of the page, with a heading that links lead to. */
export interface Section {
  id: string;
  title: string;
  body: Html;
}

/** How many of a list are shown, where not all are. */
export function shownOf(shown: number, total: number): string {
  return shown < total
    ? `The first ${shown.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}.`
    : '';
}
