import { ElasticsearchError, lacksApi, parseAnswer, PointInTime } from '../elasticsearch/index.ts';
import type { ShorterRetention } from '../seal/index.ts';
import { daysOf, eventStream, recordStream } from '../streams/index.ts';
import { operatorNames } from '../trust/index.ts';
import type { TrustFile } from '../trust/index.ts';
import { isSealedAfter, operatorDocuments, Statements, statementsMax } from '../verify/index.ts';
import type { AdminSession } from './admin-session.ts';
import { retentionClaims } from './claims.ts';
import type { RetentionClaim } from './claims.ts';
import { SetupError } from './error.ts';
import { deletionOf } from './ilm-policy.ts';
import { streamsAnswer } from './make-streams.ts';

export interface WantedRetention {
  namespace: string;
  retentionDays: number;
  /** Whose statements count. Undefined: none does. */
  trust: TrustFile | undefined;
}

const millisecondsPerDay = 86_400_000;
/** Logs that a message names. */
const logsMax = 20;
/** A log whose newest batch is no older than this may have an agent: a heartbeat comes every minute by default. */
const liveMilliseconds = 10 * 60_000;

/**
 * Before the events' retention is lowered: what sealed batches promise must stay that long, or somebody whom the trust file lets
 * erase must have signed that it need not. Else Elasticsearch would delete what `auditseal verify` then calls missing. Resolves with
 * a warning where the retention in force is that short already. Throws SetupError `retention` and ElasticsearchError.
 */
export async function checkShorterRetention(
  session: AdminSession,
  wanted: WantedRetention,
): Promise<string[]> {
  const { namespace, retentionDays } = wanted;
  const inForce = await daysInForce(session, eventStream(namespace));
  if (inForce === undefined) return [];
  const now = Date.now();
  const claims = await retentionClaims(session.client, namespace, session.signal);
  const longer = joined(
    claims.filter(({ days, sealedAt }) => days > retentionDays && sealedAt + days * millisecondsPerDay > now),
  );
  if (longer.length === 0) return [];
  const statements = await shorterRetentions(session, wanted);
  const open = longer.filter((claim) => !isCovered(claim, claims, statements, retentionDays));
  if (open.length === 0) return [];
  if (inForce <= retentionDays)
    return [
      `events are kept for ${inForce} days, and sealed batches promise more: ${described(open)}. \`auditseal verify\` calls missing ` +
        'what is deleted before its time. Raise retentionDays to what they say, or have a statement signed (docs/operations.md)',
    ];
  throw new SetupError('retention', refusal(open, wanted, now));
}

/** For how many days a stream keeps its documents; Infinity where nothing deletes them, or nobody may say; undefined without a stream. */
async function daysInForce(session: AdminSession, stream: string): Promise<number | undefined> {
  const path = `/_data_stream/${encodeURIComponent(stream)}`;
  try {
    const { status, body } = await session.look({ method: 'GET', path, expect: [404] });
    if (status === 404) return undefined;
    const [{ lifecycle, ilm_policy: policy }] = parseAnswer(path, streamsAnswer, body).data_streams;
    if (policy !== undefined) return daysOf((await deletionOf(session, policy))?.min_age) ?? Infinity;
    return lifecycle?.enabled === false ? Infinity : (daysOf(lifecycle?.data_retention) ?? Infinity);
  } catch (error) {
    // Nothing of it can be lowered through a server without this API.
    if (lacksApi(error)) return undefined;
    if (error instanceof ElasticsearchError && error.status === 403) return Infinity;
    throw error;
  }
}

/** One claim a log, from the first batch to the last that promises more. */
function joined(claims: readonly RetentionClaim[]): RetentionClaim[] {
  const byOrigin = new Map<string, RetentionClaim>();
  for (const claim of claims) {
    const before = byOrigin.get(claim.origin);
    if (!before) byOrigin.set(claim.origin, { ...claim });
    else Object.assign(before, { ...claim, first: before.first, days: Math.max(before.days, claim.days) });
  }
  return [...byOrigin.values()];
}

/** The statements that count: of the trust file's erasers alone (docs/seal-format.md §6). */
async function shorterRetentions(
  { client, signal }: AdminSession,
  { namespace, trust }: WantedRetention,
): Promise<ShorterRetention[]> {
  if (!trust) return [];
  const pit = await PointInTime.open(client, recordStream(namespace), signal);
  if (!pit) return [];
  try {
    const statements = new Statements(trust);
    for (const name of operatorNames(trust))
      for await (const hit of operatorDocuments(client, pit, { name, documentsMax: statementsMax, signal }))
        statements.take(hit);
    return statements
      .counted()
      .map(({ statement }) => statement)
      .filter((statement) => statement.kind === 'retention');
  } finally {
    await pit.close();
  }
}

/** Whether statements together let every batch of a log that promises more go after so many days. */
function isCovered(
  { origin, first, last }: RetentionClaim,
  claims: readonly RetentionClaim[],
  statements: readonly ShorterRetention[],
  retentionDays: number,
): boolean {
  const own = statements.filter(({ log, days }) => log === origin && days <= retentionDays);
  const longer = claims.filter((claim) => claim.origin === origin && claim.days > retentionDays);
  return longer
    .filter((claim) => claim.last >= first && claim.first <= last)
    .every((claim) => isRunCovered(claim, own));
}

function isRunCovered({ first, last, sealedAt }: RetentionClaim, own: readonly ShorterRetention[]): boolean {
  let next = first;
  while (next <= last) {
    const reaching = own
      // One that ends within the run was signed when its batches were there already; of the others the last one's time is known.
      .filter(({ batches }) => batches.first <= next && batches.last >= next)
      .filter((statement) => statement.batches.last < last || !isSealedAfter(statement, sealedAt))
      .map(({ batches }) => batches.last);
    if (reaching.length === 0) return false;
    next = Math.max(...reaching) + 1;
  }
  return true;
}

function described(claims: readonly RetentionClaim[]): string {
  const lines = claims
    .slice(0, logsMax)
    .map(({ origin, first, last, days }) => `${origin}, batches ${first} to ${last}: ${days} days`);
  const more = claims.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more logs`] : [])].join('; ');
}

function refusal(
  open: readonly RetentionClaim[],
  { retentionDays, trust }: WantedRetention,
  now: number,
): string {
  const isLive = ({ isNewest, sealedAt }: RetentionClaim) => isNewest && now - sealedAt < liveMilliseconds;
  const live = open.filter(isLive);
  const ended = open.filter((claim) => !isLive(claim));
  return [
    `retention of ${retentionDays} days refused, nothing was changed: sealed batches promise that their events are kept longer, and ` +
      '`auditseal verify` would call missing (exit 1) what Elasticsearch deletes before.',
    `Promised: ${described(open)}.`,
    ...(live.length > 0
      ? [
          `Agents still promise it: ${live
            .map(({ origin }) => origin)
            .slice(0, logsMax)
            .join(', ')}. ` +
            `Set elasticsearch.retentionDays: ${retentionDays} in their configuration, restart them, and run setup again.`,
        ]
      : []),
    ...(ended.length > 0
      ? [
          'If their events may go sooner, one of the trust file’s erasers signs it, and setup is run again with --trust FILE' +
            `${trust ? '' : ' (without it, no statement counts)'}:`,
          ...ended.slice(0, logsMax).map((claim) => commandFor(claim, retentionDays)),
        ]
      : []),
  ].join('\n');
}

/** What to sign, as a shell takes it: an origin is of letters, digits, `.`, `_`, `-` and `/`. */
function commandFor({ origin, first, last }: RetentionClaim, days: number): string {
  return (
    `auditseal statement retention --log ${origin} --first ${first} --last ${last} --days ${days} ` +
    "--why '…' --key eraser.key --url … --api-key-file …"
  );
}
