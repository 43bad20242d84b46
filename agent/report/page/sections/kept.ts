import type { Report } from '../../report.ts';
import { markup, named, time } from '../html.ts';
import { pageTable } from '../table.ts';
import type { Section } from './section.ts';

/** Up to where the history is fixed by what others have kept: witnesses, or whoever has a checkpoint. */
export function keptSection({ verified }: Report): Section {
  const { kept } = verified.summary;
  return {
    id: 'kept',
    title: 'Witnesses and checkpoints that others keep',
    body: markup`<p>
        Whoever steals the key of a log that is in use could seal another history from then on. What a
        witness has cosigned, or what somebody has kept of a log, bounds that: up to there nothing else
        can have been sealed.
      </p>
      ${
        kept === undefined
          ? markup`<p>No witness and no kept checkpoint was given to this verification.</p>`
          : [
              pageTable(
                'Up to where each log is fixed',
                [
                  { heading: 'Log' },
                  { heading: 'Size', isNumber: true },
                  { heading: 'Sealed' },
                  { heading: 'By' },
                  { heading: 'Cosigned' },
                  { heading: 'Not fixed yet' },
                ],
                kept.fixed.map(({ origin, size, batch, sealedAt, by, at, openTo }) => [
                  named(origin),
                  size,
                  sealedAt === undefined ? 'nothing' : time(sealedAt),
                  named(by.join(', ')),
                  at === undefined ? 'no time' : time(at),
                  openTo === undefined
                    ? 'nothing'
                    : `batches ${batch === undefined ? 0 : batch + 1} to ${openTo}`,
                ]),
              ),
              kept.notCompared.map(
                ({ by, origin, size, why }) =>
                  markup`<p class="attention">
                    Not compared: ${named(origin)} at size ${size}, by ${named(by)}: ${named(why)}
                  </p>`,
              ),
            ]
      }`,
  };
}
