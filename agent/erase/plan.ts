import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { PointInTime, walk } from '../elasticsearch/index.ts';
import { WantedMembers } from '../json/index.ts';
import { eventStream } from '../streams/index.ts';
import type { TimeRange } from '../verify/index.ts';
import { clauseOf, everything } from '../who/index.ts';
import { EraseError } from './error.ts';
import { Sealed } from './sealed.ts';
import type { Place } from './sealed.ts';

/** Whose events, and which of them. */
export interface PlanOptions {
  namespace: string;
  /** Names of who authenticated, of whom was impersonated, or of who was behind, as they may stand in Elasticsearch. */
  users: readonly string[];
  time?: TimeRange | undefined;
  /** The time of the statements: of what was sealed later they could not speak. */
  now: Date;
  signal?: AbortSignal | undefined;
}

/** A person's events of one log. */
export interface LogEvents {
  origin: string;
  /** Their places, ascending, each once. */
  places: Pick<Place, 'index' | 'sealedAt'>[];
  /** Each document, copies included: backing index and `_id`. */
  documents: { index: string; id: string }[];
}

/** What is to be erased. */
export interface Plan {
  logs: LogEvents[];
  /** Documents that name the person and are not what was sealed, or of which no record has arrived: they are left alone. */
  unproven: number;
}

const order = [
  { 'auditseal.origin': { order: 'asc', missing: '_last', unmapped_type: 'keyword' } },
  { 'event.sequence': { order: 'asc', missing: '_last', unmapped_type: 'long' } },
];

/** Looks for a person's events. Throws ElasticsearchError and EraseError `no-stream`. */
export async function eventsOf(client: ElasticsearchClient, options: PlanOptions): Promise<Plan> {
  const { namespace, users, time, now, signal } = options;
  const stream = eventStream(namespace);
  const events = await PointInTime.open(client, stream, signal);
  if (!events)
    throw new EraseError('no-stream', `there is no data stream ${stream}: is --namespace another?`);
  try {
    await using sealed = await Sealed.open(client, namespace, signal);
    const logs = new Map<string, LogEvents>();
    const plan: Plan = { logs: [], unproven: 0 };
    const query = clauseOf({ ...everything, users, time });
    for await (const hit of walk(client, events, { query, sort: order }, signal)) {
      const { index: backing, id } = hit;
      const place = isOf(hit.source, users) ? await sealed?.placeOf(hit) : undefined;
      if (place && place.sealedAt <= now.getTime()) add(logs, place, { index: backing, id });
      else plan.unproven += 1;
    }
    plan.logs.push(...logs.values());
    return plan;
  } finally {
    await events.close();
  }
}

const members = new WantedMembers();
const [userMember, sealMember] = [members.member('user'), members.member('auditseal')];

/** By its own bytes: whoever administers the stream can make a search find others' events under a name (a runtime field). */
function isOf(source: Buffer, users: readonly string[]): boolean {
  if (!members.read(source)) return false;
  const user = userMember.value as
    { name?: unknown; effective?: { name?: unknown } | null } | null | undefined;
  const seal = sealMember.value as { person?: { name?: unknown } | null } | null | undefined;
  return [user?.name, user?.effective?.name, seal?.person?.name].some(
    (name) => typeof name === 'string' && users.includes(name),
  );
}

function add(
  logs: Map<string, LogEvents>,
  { origin, index, sealedAt }: Place,
  document: LogEvents['documents'][number],
): void {
  let log = logs.get(origin);
  if (!log) logs.set(origin, (log = { origin, places: [], documents: [] }));
  // In their order, so that a copy follows its original.
  if (log.places.at(-1)?.index !== index) log.places.push({ index, sealedAt });
  log.documents.push(document);
}
