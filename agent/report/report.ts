import { PointInTime } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { eventStream } from '../streams/index.ts';
import { WhoError } from '../who/index.ts';
import type { Coverage } from '../who/index.ts';
import type { Finding, Summary } from '../verify/index.ts';
import { clauses } from './clauses.ts';
import type { Clause } from './clauses.ts';
import type { CompletenessReport } from './completeness/completeness.ts';
import { askSearch } from './questions/ask-search.ts';
import { askWho } from './questions/ask-who.ts';
import type { AskOptions } from './questions/ask-who.ts';
import { questions } from './questions/questions.ts';
import type { Table } from './table.ts';

/** How the verification went that the report rests on: one of `auditseal verify`, over the same time. */
export interface Verified {
  summary: Summary;
  /** The verdict in a line. */
  message: string;
  /** What it means, in words. */
  words: string;
  /** The first findings, what was tampered with before all else. */
  findings: readonly Finding[];
  completeness: CompletenessReport;
  /** What `auditseal verify` printed; of a very long one the beginning and the end. */
  printed: string;
}

/** Who made the report, with what. */
export interface Maker {
  tool: string;
  /** The command, as it was typed. */
  command: string;
  by: string;
  elasticsearch: string;
  /** Undefined where none was given. */
  trust: { file: string; sha256: string; operators: string[] } | undefined;
}

/** Everything that a report says; as JSON it is what `--json` writes. */
export interface Report {
  v: 1;
  /** RFC 3339. */
  madeAt: string;
  maker: Maker;
  namespace: string;
  urls: string[];
  /** RFC 3339, both included. */
  since: string;
  until: string;
  verified: Verified;
  /** What Elasticsearch held of the time when the first question was asked; undefined where there is no stream of events. */
  population: (Omit<Coverage, 'unknownNames' | 'nearest'> & { at: string }) | undefined;
  tables: Table[];
  clauses: readonly Clause[];
}

export interface ReportOptions extends AskOptions {
  maker: Maker;
  verified: Verified;
  /** Ranges of addresses that service accounts are expected from, CIDR; undefined for the private ones. */
  usual?: readonly string[] | undefined;
  /** What is being asked. */
  onQuestion?: ((title: string) => void) | undefined;
}

/** Asks all questions, one after the other, and puts the report together. Throws ElasticsearchError, VerifyError and WhoError. */
export async function makeReport(client: ElasticsearchClient, options: ReportOptions): Promise<Report> {
  const { namespace, urls, time, maker, verified } = options;
  const { tables, population } = await askAll(client, options).catch((error: unknown) => {
    // The verdict says so: nothing could be checked.
    if (error instanceof WhoError && error.code === 'no-stream') return { tables: [], population: undefined };
    throw error;
  });
  return {
    v: 1,
    madeAt: new Date().toISOString(),
    maker,
    namespace,
    urls: [...urls],
    since: new Date(time.since).toISOString(),
    until: new Date(time.until).toISOString(),
    verified,
    population,
    tables,
    clauses,
  };
}

async function askAll(
  client: ElasticsearchClient,
  options: ReportOptions,
): Promise<Pick<Report, 'tables' | 'population'>> {
  const tables: Table[] = [];
  let population: Report['population'];
  const pit = await PointInTime.open(client, eventStream(options.namespace), options.signal);
  try {
    for (const question of questions(options.usual)) {
      options.onQuestion?.(question.title);
      if (question.by === 'who') {
        const { table, coverage } = await askWho(client, question, options);
        const { unknownNames: _names, nearest: _nearest, ...held } = coverage;
        population ??= { ...held, at: table.asked.at };
        tables.push(table);
      } else if (pit) tables.push(await askSearch(client, pit, question, options));
    }
  } finally {
    await pit?.close();
  }
  return { tables, population };
}
