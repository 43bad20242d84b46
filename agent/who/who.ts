import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { isOfRole } from './grant.ts';
import type { Grant } from './grant.ts';
import type { Query } from './query.ts';
import { readRequests } from './reading.ts';
import type { Reading, ReadOptions } from './reading.ts';
import type { Requests } from './request.ts';
import { usualMembers } from './row.ts';
import type { Member, Row } from './row.ts';
import { Rows } from './rows.ts';
import { Timeline } from './timeline.ts';
import { agentView, credentialView, grantView, usualView } from './view.ts';

export interface Answer extends Reading {
  /** The latest first. */
  rows: Row[];
  /** Sum over the rows. */
  requests: number;
}

export interface WhoOptions extends ReadOptions {
  /** Rows that are held; of more, those that differ least are joined. Default 100,000. */
  rowsMax?: number | undefined;
  /** In what rows differ. */
  by?: readonly Member[] | undefined;
}

/** Who did what, counted exactly, in rows of what is alike. Throws as {@link readRequests} does. */
export async function who(client: ElasticsearchClient, query: Query, options: WhoOptions): Promise<Answer> {
  const { rowsMax, by = usualMembers } = options;
  const rows = new Rows(rowsMax, undefined, by);
  const apart = (['address', 'userAgent'] as const).filter((member) => by.includes(member));
  const view = apart.includes('userAgent') ? agentView : usualView;
  const onRequests = (found: Requests) => rows.add(found);
  const reading = await readRequests(client, query, { ...options, view, apart, onRequests });
  return { ...reading, rows: rows.sorted(), requests: rows.requests };
}

/** Requests one by one. */
export interface History extends Reading {
  listed: Requests[];
  /** All that were found, also those that are not listed. */
  requests: number;
  /** Of requests that gave rights, or may have: those whose role and subjects are not known. */
  unreadableGrants: number;
}

export interface HistoryOptions extends ReadOptions {
  /** Requests that are listed at most. */
  max?: number | undefined;
}

/** Each request, the oldest first, and of a credential what it was used for. Throws as {@link readRequests} does. */
export async function historyOf(
  client: ElasticsearchClient,
  query: Query,
  options: HistoryOptions,
): Promise<History> {
  const timeline = new Timeline({ max: options.max });
  const view = query.credential === undefined ? agentView : credentialView;
  const onRequests = (found: Requests) => timeline.add(found);
  const reading = await readRequests(client, query, { ...options, view, onRequests });
  return { ...reading, listed: timeline.sorted(), requests: timeline.requests, unreadableGrants: 0 };
}

/** Each request that gave rights, the latest first; of those that say which role, only the `role` that is asked for. Throws as {@link readRequests} does. */
export async function grantsOf(
  client: ElasticsearchClient,
  query: Query,
  { role, ...options }: HistoryOptions & { role?: string | undefined },
): Promise<History> {
  const timeline = new Timeline({ max: options.max, latest: true });
  let unreadableGrants = 0;
  const isTaken = (found: Requests) => {
    const grant = grantIn(found);
    return role === undefined || grant === null || isOfRole(grant, role);
  };
  const onRequests = (found: Requests) => {
    const grant = grantIn(found);
    const isGiven = grant?.isDryRun !== true && found.result !== 'denied' && found.result !== 'failed';
    if (isGiven && (grant === null || grant.unreadable !== null)) unreadableGrants += found.count;
    timeline.add(found);
  };
  const reading = await readRequests(
    client,
    { ...query, isGrant: true },
    { ...options, view: grantView, isTaken, onRequests },
  );
  return { ...reading, listed: timeline.sorted(), requests: timeline.requests, unreadableGrants };
}

/** Null of a request that was only received: no body was logged yet. */
export function grantIn({ event }: Requests): Grant | null {
  return event.grant === null ? null : (JSON.parse(event.grant) as Grant);
}
