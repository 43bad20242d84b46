import type { Counted } from '../../completeness/counts.ts';
import type { Report } from '../../report.ts';
import { markup, lines, named, time } from '../html.ts';
import type { Html } from '../html.ts';
import { pageTable } from '../table.ts';
import { noticeTable } from './completeness.ts';
import { shownOf } from './section.ts';
import type { Section } from './section.ts';

const changesMax = 300;

/** What was recorded and dropped, and by which policy. */
export function recordedSection({ verified }: Report): Section {
  const { completeness, summary } = verified;
  const { read, sealed, dropped, joined, malformed, policies, policyTexts, agents } = completeness;
  const changes = summary.logs.flatMap(({ origin, changes: list }) =>
    list.map((change) => ({ origin, ...change })),
  );
  const changesTotal = summary.logs.reduce((sum, log) => sum + log.changesTotal, 0);
  const shown = changes.slice(0, changesMax);
  return {
    id: 'recorded',
    title: 'What was recorded and what was dropped',
    body: markup`<p>
        The agents read ${read} lines of the audit logs: ${sealed} became events, ${dropped} were dropped by
        the policy, ${joined} were parts of another line; ${malformed} were no audit event and were kept as
        they are. Each batch signs these numbers, and the verification checks that they add up. What the
        apiserver’s own audit policy left out was never written and cannot be counted.
      </p>
      ${ruleTable('Lines dropped, by rule of the policy', dropped, completeness.droppedByRule)}
      ${ruleTable('Events whose bodies were taken out, by rule of the policy', 0, completeness.reducedByRule)}
      ${ruleTable('Values that were redacted, by rule', 0, completeness.redactedByRule)}
      <h3 id="policies">Policies in force</h3>
      ${pageTable(
        'Policies, by digest, and the batches that were sealed under each',
        [
          { heading: 'Policy' },
          { heading: 'Batches', isNumber: true },
          { heading: 'First batch' },
          { heading: 'Last batch' },
        ],
        policies.list.map(({ value, batches, first, last }) => [
          markup`<code>${named(value)}</code>`,
          batches,
          time(first),
          time(last),
        ]),
      )}
      ${pageTable(
        'Versions of the agent',
        [
          { heading: 'Agent' },
          { heading: 'Batches', isNumber: true },
          { heading: 'First batch' },
          { heading: 'Last batch' },
        ],
        agents.list.map(({ value, batches, first, last }) => [
          named(value),
          batches,
          time(first),
          time(last),
        ]),
      )}
      <h3 id="changes">Changes of settings</h3>
      ${
        changesTotal === 0
          ? markup`<p>
              Within each log, policy, configuration, retention and heartbeat stayed what they were.
            </p>`
          : markup`${pageTable(
              'Changes, as batches show them',
              [
                { heading: 'Log' },
                { heading: 'What' },
                { heading: 'Batch', isNumber: true },
                { heading: 'Sealed' },
                { heading: 'From / to' },
              ],
              shown.map(({ origin, what, batch, sealedAt, from, to }) => [
                named(origin),
                what,
                batch,
                time(sealedAt),
                [markup`<div>${named(from)}</div>`, markup`<div>${named(to)}</div>`],
              ]),
            )}
              <p class="quiet">${shownOf(shown.length, changesTotal)}</p>`
      }
      ${['policy', 'config'].map((kind) => {
        const list = completeness.notices[kind];
        return list && noticeTable(`Notices: ${kind}`, list);
      })}
      ${
        policyTexts.total === 0
          ? markup`<p>
              No policy came into force within the time. The text of the one in force is in the log, in the
              first batch of its epoch or where it last changed.
            </p>`
          : policyTexts.list.map(
              ({ origin, at, text, isCut }) =>
                markup`<h4>Policy of ${named(origin)}, in force from ${time(at)}</h4>
                  <pre tabindex="0">${lines(text)}</pre>
                  ${isCut ? markup`<p class="quiet">Cut; the whole text is in the log.</p>` : undefined}`,
            )
      }
      <p class="quiet">${shownOf(policyTexts.list.length, policyTexts.total)}</p>`,
  };
}

function ruleTable(caption: string, total: number, rules: readonly Counted[]): Html {
  if (rules.length === 0) return markup`<p>${caption}: none.</p>`;
  const all = total || rules.reduce((sum, { count }) => sum + count, 0);
  return pageTable(
    caption,
    [{ heading: 'Rule' }, { heading: 'Times', isNumber: true }, { heading: 'Share', isNumber: true }],
    rules.map(({ name, count }) => [
      name === null ? 'all others' : named(name),
      count,
      `${((100 * count) / all).toFixed(1)} %`,
    ]),
  );
}
