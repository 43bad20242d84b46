import { ConfigError } from '../../config/index.ts';
import { createClient } from '../../elasticsearch/index.ts';
import { jsonLine } from '../../json/index.ts';
import { runCommand } from '../command.ts';
import { connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import { fittedLines, tableLines } from '../terminal/table.ts';
import type { Table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { count } from '../terminal/text.ts';
import { timeRangeOf } from '../terminal/time.ts';
import { nameOf } from '../who/cells.ts';
import { filled, questions, streamOf, valuesOf, wantedBy } from './question.ts';

import { rowsOf } from './search.ts';
import type { AnswerRow } from './search.ts';

/** Options of `auditseal ask`, as commander gives them. */
export interface AskOptions extends ConnectionOptions {
  since?: string;
  until?: string;
  limit?: number;
  json?: boolean;
}

const limitDefault = 100;
const widthMax = 60;

/** Asks a ready question and prints the answer; without a number it lists them. */
export async function ask(
  number: number | undefined,
  given: readonly string[],
  options: AskOptions,
  terminal: Terminal,
): Promise<void> {
  const settings = { name: 'ask', failure: 'could not ask' };
  await runCommand(settings, terminal, async ({ signal }) => {
    if (number === undefined) {
      print(listOf(), terminal);
      return exitCode.done;
    }
    const question = questions.find((each) => each.number === number);
    if (!question)
      throw new ConfigError('options', [
        `${number}: there is no such question; auditseal ask lists them, 1 to ${questions.length}`,
      ]);
    const time = timeRangeOf(options, new Date());
    const values = {
      ...valuesOf(question, given),
      FROM: new Date(time?.since ?? 0).toISOString(),
      // The end is not included: the last millisecond is.
      TO: new Date((time?.until ?? Date.now()) + 1).toISOString(),
    };
    const { settings: connection, namespace } = await connectionOf(options);
    const client = await createClient(connection);
    try {
      const body = filled(question.body, values) as object;
      const found = await rowsOf(client, { stream: streamOf(question, namespace), body }, signal);
      answer(found, options, terminal);
      return found.isWhole ? exitCode.done : exitCode.unsure;
    } finally {
      // Not awaited: closing waits for the rest of an answer, which a dead server never sends.
      client.close().catch(() => undefined);
    }
  });
}

function listOf(): Table {
  return {
    columns: [{ heading: 'NO' }, { heading: 'QUESTION' }, { heading: 'NEEDS' }],
    rows: questions.map((question) => [
      question.number,
      question.title,
      wantedBy(question).join(', ') || '-',
    ]),
  };
}

function answer(
  { rows, isWhole }: { rows: AnswerRow[]; isWhole: boolean },
  { json, limit = json ? 0 : limitDefault }: AskOptions,
  terminal: Terminal,
): void {
  // By what was last; hits and days have an order of their own.
  const isTimed = rows.length > 0 && rows.every((row) => typeof row['last'] === 'string');
  const all = isTimed ? rows.toSorted((a, b) => (String(a['last']) < String(b['last']) ? 1 : -1)) : rows;
  const shown = limit === 0 ? all : all.slice(0, limit);
  if (json) for (const row of shown) terminal.out(jsonLine(row));
  else if (shown.length > 0) print(tableOf(shown), terminal);
  const more = rows.length - shown.length;
  if (json) return;
  if (more > 0) terminal.out(`… and ${count(more)} more rows (--limit 0 shows all)\n`);
  terminal.out(`${rows.length === 0 ? 'nothing found' : `found: ${count(rows.length)} rows`}\n`);
  if (!isWhole) terminal.out('ATTENTION: more rows were not read: narrow the time\n');
}

function print(table: Table, { out, columns }: Terminal): void {
  const lines = columns === undefined ? tableLines(table, Infinity) : fittedLines(table, columns);
  for (const line of lines) out(`${line}\n`);
}

function tableOf(rows: readonly AnswerRow[]): Table {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return {
    columns: names.map((name) => ({ heading: name.toUpperCase(), widthMax })),
    rows: rows.map((row) => names.map((name) => cellOf(name, row[name] ?? null))),
  };
}

/** A name is quoted where it could be taken for two columns; times come as milliseconds since 1970 where they are keys. */
function cellOf(name: string, value: string | number | null): string | number {
  if (name === 'hour' && typeof value === 'number') return new Date(value).toISOString();
  return typeof value === 'number' ? value : nameOf(value);
}
