import type { Clause } from '../../clauses.ts';
import type { Report } from '../../report.ts';
import { markup } from '../html.ts';
import { pageTable } from '../table.ts';
import type { Section } from './section.ts';

/** What bears on which clause of which standard. `titles` are those of the sections that there are, by id. */
export function clausesSection({ clauses }: Report, titles: ReadonlyMap<string, string>): Section {
  const links = ({ sections }: Clause) =>
    sections.flatMap((id) => {
      const title = titles.get(id);
      return title === undefined ? [] : [markup`<div><a href="#${id}">${title}</a></div>`];
    });
  return {
    id: 'clauses',
    title: 'Clauses of standards',
    body: markup`<p>
        Which parts of this report can be evidence for which clause, and what they do not show. The words are
        ours, not the standards’; read these in their current wording. Nothing here makes anybody compliant.
      </p>
      ${[...Map.groupBy(clauses, ({ standard }) => standard)].map(([standard, list]) =>
        pageTable(
          standard,
          [
            { heading: 'Clause' },
            { heading: 'About' },
            { heading: 'Evidence here' },
            { heading: 'Not shown here' },
            { heading: 'Where' },
          ],
          list.map((clause) => [clause.number, clause.about, clause.evidence, clause.lacks, links(clause)]),
        ),
      )}`,
  };
}
