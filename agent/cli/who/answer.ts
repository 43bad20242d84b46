import type { ElasticsearchClient } from '../../elasticsearch/index.ts';
import { grantsOf, historyOf, newcomersOf, usualMembers, who, WhoError } from '../../who/index.ts';
import type { Answer, History, Reading, ReadOptions } from '../../who/index.ts';
import { count } from '../terminal/text.ts';
import { grantSheet } from './grants.ts';
import { historySheet } from './history.ts';
import { newcomerSheet } from './newcomers.ts';
import { modeOf } from './options.ts';
import type { WhoCommandOptions } from './options.ts';
import { attentionsOf, dataRemarks, joinedAttention } from './report.ts';
import type { Asked, Told } from './report.ts';
import { rowSheet } from './table.ts';

/** What is listed of an answer unless the user says otherwise: enough for a screen or two. */
const limitDefault = 100;

export interface AnswerContext extends ReadOptions {
  /** Whether rows are for a terminal. */
  isShort: boolean;
  /** What of the reading is told otherwise than it was read. */
  amend: <Read extends Pick<Reading, 'coverage'>>(read: Read) => Read;
}

/** Asks what the options ask, and tells it. Throws ElasticsearchError, VerifyError and WhoError. */
export async function answerOf(
  client: ElasticsearchClient,
  options: WhoCommandOptions,
  asked: Asked,
  context: AnswerContext,
): Promise<Told> {
  const { query } = asked;
  const { limit = options.json ? 0 : limitDefault } = options;
  const max = limit === 0 ? undefined : limit;
  const { isShort, amend } = context;
  const mode = modeOf(options);
  if (mode === 'newcomers') return await newcomers(client, asked, { ...context, max });
  if (mode === 'rows') {
    const by = options.by ?? usualMembers;
    return rowsTold(amend(await who(client, query, { ...context, by })), asked, { by, max, isShort });
  }
  const role = typeof options.grants === 'string' ? options.grants : undefined;
  const found = amend(
    mode === 'grants'
      ? await grantsOf(client, query, { ...context, max, role })
      : await historyOf(client, query, { ...context, max }),
  );
  const sheet =
    mode === 'grants'
      ? grantSheet(found.listed, isShort)
      : historySheet(found.listed, { isShort, credential: query.credential });
  return historyTold(found, asked, { sheet, isLatestFirst: mode === 'grants' });
}

/** Rows that differ in the members `by`, of which at most `max` are shown. */
export function rowsTold(
  found: Answer,
  asked: Asked,
  {
    by,
    max,
    isShort,
  }: {
    by: NonNullable<WhoCommandOptions['by']> | typeof usualMembers;
    max: number | undefined;
    isShort: boolean;
  },
): Told {
  const { rows, requests } = found;
  const shown = rows.slice(0, max);
  const hidden = rows.slice(shown.length);
  const more = hidden.reduce((sum, row) => sum + row.requests, 0);
  return {
    sheet: rowSheet(shown, by, isShort),
    leftOut:
      hidden.length === 0
        ? undefined
        : `… and ${count(hidden.length)} more rows with ${count(more)} requests (--limit 0 shows all)`,
    total:
      rows.length === 0
        ? `nothing found${copiesOf(found)}`
        : `found: ${count(requests)} requests in ${count(rows.length)} rows, from ${count(found.events)} events${copiesOf(found)}`,
    remarks: dataRemarks(found, asked),
    attentions: [...joinedAttention(rows), ...attentionsOf(found)],
    counts: { ...countsOf(found), requests, rows: rows.length },
  };
}

function historyTold(
  found: History,
  asked: Asked,
  { sheet, isLatestFirst }: { sheet: Told['sheet']; isLatestFirst: boolean },
): Told {
  const { listed, requests, unreadableGrants } = found;
  const more = requests - listed.reduce((sum, each) => sum + each.count, 0);
  const last = listed.at(-1)?.first ?? '';
  const on = isLatestFirst ? `--until ${last}` : `--since ${last}`;
  const what = isLatestFirst ? 'grants' : 'requests';
  return {
    sheet,
    leftOut: more === 0 ? undefined : `… and ${count(more)} more ${what} (go on with ${on}, or --limit 0)`,
    total:
      requests === 0
        ? `nothing found${copiesOf(found)}`
        : `found: ${count(requests)} ${what}, from ${count(found.events)} events${copiesOf(found)}`,
    remarks: dataRemarks(found, asked),
    attentions: [
      ...(unreadableGrants > 0
        ? [
            `of ${count(unreadableGrants)} requests neither role nor subjects are known, so that any role may have been given: auditseal show EVENT.ID, or ask the cluster for the binding`,
          ]
        : []),
      ...attentionsOf(found),
    ],
    counts: { ...countsOf(found), requests },
  };
}

async function newcomers(
  client: ElasticsearchClient,
  asked: Asked,
  context: AnswerContext & { max: number | undefined },
): Promise<Told> {
  const { query } = asked;
  const { time } = query;
  if (!time || time.since === 0)
    throw new WhoError('usage', '--new: needs --since: new are those that were not there before');
  const answered = await newcomersOf(client, { ...query, time }, context);
  const { listed, found, oldest, coverage, fieldProblems, isMappingRead } = answered;
  const isAllNew = oldest !== undefined && Date.parse(oldest) >= time.since;
  const more = found - listed.length;
  const reading: Reading = {
    coverage,
    fieldProblems,
    isMappingRead,
    events: 0,
    copies: 0,
    clashes: 0,
    splits: 0,
    aggregated: 0,
  };
  return {
    sheet: newcomerSheet(listed, context.isShort),
    leftOut: more === 0 ? undefined : `… and ${count(more)} more (--limit 0 shows all)`,
    total: found === 0 ? 'nothing found' : `found: ${count(found)} that were not there before`,
    remarks: [
      ...dataRemarks(reading, asked),
      ...(oldest === undefined ? [] : [`compared: with what the question takes from ${oldest} on`]),
    ],
    attentions: [
      ...(isAllNew
        ? [`there is no event before --since, so that all are new: the first one is of ${oldest}`]
        : []),
      ...attentionsOf(reading),
    ],
    counts: { found, oldest: oldest ?? null },
  };
}

function copiesOf({ copies }: Reading): string {
  return copies > 0 ? `, ${count(copies)} identical copies left out` : '';
}

function countsOf({
  events,
  splits,
  aggregated,
  copies,
  clashes,
  coverage,
  fieldProblems,
  isMappingRead,
}: Reading): object {
  const data = { ...coverage, oldest: coverage.oldest ?? null, newest: coverage.newest ?? null };
  return { events, splits, aggregated, copies, clashes, fieldProblems, isMappingRead, data };
}
