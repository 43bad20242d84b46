import { refresh } from '../test/kit/elasticsearch/index.ts';
import { questions } from './questions/index.ts';
import type { Screen } from './screen.ts';
import { countRequests } from './search.ts';
import type { Place } from './search.ts';
import { tableLines } from '../agent/cli/terminal/table.ts';

const rowsMax = 10;
const queryWidth = 96;

/** Prints the answer to each question, with the query that gave it. */
export async function ask(place: Place, screen: Screen, signal: AbortSignal): Promise<void> {
  await refresh(place.url, place.stream);
  screen.line('Counted are requests (auditIDs); each may have left up to three events, one a stage.');
  for (const question of questions) {
    const buckets = await countRequests(place, question.query, question.by, signal);
    screen.lines(['', question.title, ...clauses(question.query).map((line) => `  ${line}`), '']);
    screen.lines(tableLines(question.table(buckets), rowsMax));
  }
}

/** A query in lines of some length, broken before an AND. */
function clauses(query: string): string[] {
  const lines: string[] = [];
  for (const clause of query.split(/ (?=AND )/u)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + clause.length >= queryWidth) lines.push(clause);
    else lines[lines.length - 1] = `${last} ${clause}`;
  }
  return lines;
}
