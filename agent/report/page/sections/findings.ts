import { indexesText } from '../../../seal/index.ts';
import type { Statement } from '../../../seal/index.ts';
import { tampered } from '../../../verify/index.ts';
import type { Report } from '../../report.ts';
import { markup, named, time } from '../html.ts';
import { pageTable } from '../table.ts';
import { shownOf } from './section.ts';
import type { Section } from './section.ts';

/** What is wrong or open, and what operators have signed about it. */
export function findingsSection({ verified }: Report): Section {
  const { summary, findings } = verified;
  const counts = Object.entries(summary.findings);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const { counted, void: none } = summary.statements;
  return {
    id: 'findings',
    title: 'Findings and statements',
    body: markup`${
      total === 0
        ? markup`<p>There is no finding.</p>`
        : markup`${pageTable(
            'Findings, by kind (docs/seal-format.md, section 8)',
            [{ heading: 'Finding' }, { heading: 'Weighs as' }, { heading: 'Times', isNumber: true }],
            counts.map(([kind, count]) => [
              kind,
              (tampered as readonly string[]).includes(kind) ? 'tampered' : 'not proven complete',
              count,
            ]),
          )}
              ${pageTable(
                'Findings, one by one',
                [
                  { heading: 'Finding' },
                  { heading: 'Log' },
                  { heading: 'Place' },
                  { heading: 'Document' },
                  { heading: 'Detail' },
                ],
                findings.map(({ finding, origin, index, batch, id, detail }) => [
                  finding,
                  named(origin ?? ''),
                  index === undefined ? (batch === undefined ? '' : `batch ${batch}`) : `index ${index}`,
                  named(id ?? ''),
                  named(detail ?? ''),
                ]),
              )}
              <p class="quiet">${shownOf(findings.length, total)}</p>`
    }
      <h3 id="statements">Statements of operators</h3>
      <p>
        An operator can sign that something is known, such as a node that was retired. What a statement
        excuses is no finding any more: ${summary.excused.acknowledged} findings are acknowledged,
        ${summary.excused.retired} are of retired logs, ${summary.erased} events are gone by a statement,
        ${summary.expired} by age.
      </p>
      ${
        counted.length === 0
          ? markup`<p>There is no statement that counts.</p>`
          : pageTable(
              'Statements that count',
              [
                { heading: 'Says' },
                { heading: 'About' },
                { heading: 'By' },
                { heading: 'At' },
                { heading: 'Why' },
                { heading: 'Excuses', isNumber: true },
              ],
              counted.map(({ statement, operator, excuses, detail }) => [
                sayingOf(statement),
                named(statement.log),
                named(operator),
                time(statement.at),
                [named(statement.why), detail === undefined ? '' : markup`<div>${named(detail)}</div>`],
                excuses,
              ]),
            )
      }
      ${none.count > 0 ? markup`<p class="attention">${none.count} documents pose as statements and count for nothing.</p>` : undefined}`,
  };
}

function sayingOf(statement: Statement): string {
  const { kind } = statement;
  if (kind === 'retire') return `retired: its last batch is ${statement.last}`;
  if (kind === 'erase') return `erased: indexes ${indexesText(statement.indexes).slice(0, 200)}`;
  if ('after' in statement) return `known: nothing links it to the epoch before`;
  const batches = `batches ${statement.batches.first} to ${statement.batches.last}`;
  return kind === 'retention' ? `${batches} may be gone after ${statement.days} days` : `known: ${batches}`;
}
