import type { Report } from '../../report.ts';
import { markup } from '../html.ts';
import type { Section } from './section.ts';

const classes = {
  verified: 'good',
  tampered: 'bad',
  'not proven complete': 'unsure',
  'could not check': 'unsure',
} as const;

const meanings = {
  verified: 'Every event that was sealed and should be there is there, byte for byte, and nothing was added.',
  tampered: 'Something was changed, removed or added after it was sealed. The findings name what.',
  'not proven complete':
    'What is there is as it was sealed, but it is not proven that nothing is missing. The findings name what is open.',
  'could not check': 'The verification came to no result. The tables below rest on nothing that was proven.',
} as const;

/** What the verification came to. */
export function verdictSection({ verified }: Report): Section {
  const { summary, message, words } = verified;
  const { verdict, documents, records } = summary;
  return {
    id: 'verdict',
    title: 'Verdict',
    body: markup`<div class="verdict ${classes[verdict]}">
        <p><strong>${verdict}</strong></p>
        <p>${meanings[verdict]}</p>
      </div>
      <p>${words}</p>
      <p>
        In a line, as <code>auditseal verify</code> prints it: <code>${message}</code>. It read ${documents}
        events and ${records} batch records, and judged them as of ${summary.now}.
      </p>`,
  };
}
