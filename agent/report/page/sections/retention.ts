import type { Report } from '../../report.ts';
import { markup, time } from '../html.ts';
import { pageTable } from '../table.ts';
import type { Section } from './section.ts';

/** How long events have to be kept, by the agents' signed word. */
export function retentionSection({ verified, population }: Report): Section {
  const { retentionDays } = verified.completeness;
  const { expired, erased } = verified.summary;
  return {
    id: 'retention',
    title: 'Retention',
    body: markup`<p>
        Each batch signs for how many days its events must be kept; an event that is gone sooner is a finding.
        Gone by age: ${expired} events. Gone by a signed statement: ${erased}.
        ${
          population?.oldest === undefined
            ? 'There is no event of the time.'
            : markup`The oldest event of the time that is there is of ${time(population.oldest)}.`
        }
      </p>
      ${pageTable(
        'Days that events must be kept, and the batches that say so',
        [
          { heading: 'Days' },
          { heading: 'Batches', isNumber: true },
          { heading: 'First batch' },
          { heading: 'Last batch' },
        ],
        retentionDays.list.map(({ value, batches, first, last }) => [
          value,
          batches,
          time(first),
          time(last),
        ]),
      )}
      <p>
        Which retention Elasticsearch itself has set is not in the log: <code>auditseal setup</code> and the
        agent’s start compare the two.
      </p>`,
  };
}
