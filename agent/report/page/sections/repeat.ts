import type { Report } from '../../report.ts';
import { markup, lines, named, time } from '../html.ts';
import type { Section } from './section.ts';

/** How each number came about, and how somebody else asks the same again. */
export function repeatSection({ tables, verified, maker }: Report): Section {
  const { summary } = verified;
  return {
    id: 'repeat',
    title: 'How to repeat this',
    body: markup`<p>
        Completeness and accuracy of each table: what was asked, with which parameters, when, and how many
        documents matched. Repeated later, a question gives the same numbers as long as the events are there.
        Credentials are yours to add.
      </p>
      <p>
        The verdict: <code>auditseal verify</code> with the options of <code>${maker.command}</code>. It read
        ${summary.documents} documents of the events’ stream and ${summary.records} records; ${summary.events}
        events are as sealed.
      </p>
      ${tables.map(
        ({ id, title, asked }) =>
          markup`<h3 id="repeat-${id}">${title}</h3>
            <dl>
              <dt>Asked at</dt>
              <dd>${time(asked.at)}, answered in ${asked.milliseconds} ms</dd>
              <dt>Documents that matched</dt>
              <dd>${asked.documents}</dd>
              ${Object.entries(asked.parameters).map(
                ([name, value]) =>
                  markup`<dt>${name}</dt>
                    <dd>${named(value)}</dd>`,
              )}
            </dl>
            <pre tabindex="0">
${asked.command}${
            asked.body === null ? undefined : lines(`\n${JSON.stringify(asked.body, undefined, 2)}`)
          }</pre>`,
      )}`,
  };
}
