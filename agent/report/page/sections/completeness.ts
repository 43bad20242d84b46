import type { Report } from '../../report.ts';
import type { Listed } from '../../completeness/limited.ts';
import type { NoticeEntry } from '../../completeness/completeness.ts';
import { laneChart, volumeChart } from '../charts.ts';
import { markup, named, time } from '../html.ts';
import type { Content, Html } from '../html.ts';
import { pageTable } from '../table.ts';
import { shownOf } from './section.ts';
import type { Section } from './section.ts';

/** What a notice of each kind says; others are shown under the name that the agent gave them. */
const kinds: Readonly<Record<string, string>> = {
  start: 'the agent started',
  stop: 'the agent was stopped in order',
  paused: 'reading paused: the spool or the disk was full',
  epoch: 'a log began, with a new key',
  next: 'a log named the key of the next',
  clock: 'the node’s clock was set back',
  drift: 'the apiserver’s audit settings are not what was expected',
  refused: 'Elasticsearch refused an event, which was kept in another form',
  copies: 'events that may be there more than once, after an answer was lost',
};

/** Where a row is enough for many: these are shown in other sections. */
const elsewhere: ReadonlySet<string> = new Set(['policy', 'config', 'detect', 'notify']);

/** Whether something is missing, by the agents' own signed word; that the word is whole is for the verdict to say. */
export function completenessSection({ verified, since, until }: Report): Section {
  const { completeness, summary } = verified;
  const { timeline, batches, heartbeats, gaps, gapsByReason, notices, noticeCounts } = completeness;
  const { slots } = timeline;
  const silent = summary.findings.silent ?? 0;
  const missing = summary.findings['missing record'] ?? 0;
  const early = summary.findings['ends early'] ?? 0;
  return {
    id: 'completeness',
    title: 'Completeness',
    body: markup`<p>
        ${batches} batches of the time from ${time(since)} to ${time(until)} are valid, ${heartbeats} of them
        without events. Gaps that batches own up to: ${gaps.total}. Silences without an explanation:
        ${silent}. Runs of records that are missing: ${missing}. Logs that end early: ${early}.
      </p>
      ${
        batches === 0
          ? markup`<p>There is no batch to draw.</p>`
          : markup`<h3 id="timeline">Timeline</h3>
              <div class="scroll" role="group" tabindex="0" aria-label="Chart of events over time">
                ${volumeChart(timeline)}
              </div>
              <div class="scroll" role="group" tabindex="0" aria-label="Chart of batches of each log">
                ${laneChart(timeline)}
              </div>
              ${timeline.moreLanes > 0 ? markup`<p>${timeline.moreLanes} more logs are not drawn.</p>` : undefined}
              ${pageTable(
                `Batches by time, ${widthOf(timeline.slotSeconds)} a row; rows without a batch are left out`,
                [
                  { heading: 'From' },
                  { heading: 'Batches', isNumber: true },
                  { heading: 'Events sealed', isNumber: true },
                  { heading: 'Lines dropped', isNumber: true },
                  { heading: 'Gaps', isNumber: true },
                ],
                slots
                  .filter((slot) => slot.batches > 0)
                  .map((slot) => [time(slot.from), slot.batches, slot.events, slot.dropped, slot.gaps]),
              )}
              <p class="quiet">
                By the latest event of a batch, or by when it was sealed where it has none. What is after the
                time is in the last row.
              </p>`
      }
      <h3 id="gaps">Gaps</h3>
      ${
        gaps.total === 0
          ? markup`<p>
              No batch owns up to a gap: between what one batch read and what the next read, nothing of the
              files is missing.
            </p>`
          : markup`<p>
                ${gapsByReason.map(({ name, count }) => markup`${count} for the reason ${named(name ?? 'others')}. `)}
              </p>
              ${pageTable(
                'Gaps: what is missing, or not proven complete, between two stretches of a file',
                [
                  { heading: 'Log' },
                  { heading: 'Batch', isNumber: true },
                  { heading: 'Sealed' },
                  { heading: 'Reason' },
                  { heading: 'Between events of' },
                  { heading: 'Bytes, at least', isNumber: true },
                ],
                gaps.list.map(({ origin, batch, sealedAt, reason, from, to, bytesMin }) => [
                  named(origin),
                  batch,
                  time(sealedAt),
                  named(reason),
                  [
                    markup`<div>${from === null ? 'not known' : time(from)}</div>`,
                    markup`<div>${to === null ? 'not known' : time(to)}</div>`,
                  ],
                  bytesMin ?? 'not known',
                ]),
              )}
              <p class="quiet">${shownOf(gaps.list.length, gaps.total)}</p>`
      }
      <h3 id="notices">Starts, stops and other notices</h3>
      ${pageTable(
        'Notices in the signed batches, by kind',
        [{ heading: 'Kind' }, { heading: 'Meaning' }, { heading: 'Times', isNumber: true }],
        noticeCounts.map(({ name, count }) => [
          name === null ? 'others' : named(name),
          kinds[name ?? ''] ??
            (elsewhere.has(name ?? '') ? 'see the sections below' : 'as the agent named it'),
          count,
        ]),
      )}
      ${Object.entries(notices)
        .filter(([kind]) => !elsewhere.has(kind))
        .map(([kind, list]) => noticeTable(`Notices: ${kind}`, list))}`,
  };
}

/** Notices of one kind, whatever their members are. */
export function noticeTable(caption: string, { total, list }: Listed<NoticeEntry>): Html {
  return markup`${pageTable(
    caption,
    [{ heading: 'Log' }, { heading: 'Batch', isNumber: true }, { heading: 'At' }, { heading: 'Said' }],
    list.map(({ origin, batch, at, details }) => [named(origin), batch, time(at), detailsOf(details)]),
  )}
    <p class="quiet">${shownOf(list.length, total)}</p>`;
}

function detailsOf(details: Readonly<Record<string, string>>): Content {
  const entries = Object.entries(details);
  if (entries.length === 0) return 'nothing more';
  return entries.map(([name, value]) => markup`<div>${named(name)}: ${named(value)}</div>`);
}

function widthOf(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ];
  const [unit, name] = units.find(([each]) => seconds >= each) ?? [1, 'second'];
  const count = Math.round(seconds / unit);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
