import { eventHead } from '../../document/index.ts';
import type { DocumentContext } from '../../document/index.ts';
import { parseEvent } from '../../event/index.ts';
import type { AuditEvent } from '../../event/index.ts';
import { WantedMembers } from '../../json/index.ts';
import { isOrigin, leafHash, parseOrigin } from '../../seal/index.ts';
import { parseDocument } from '../parse-document.ts';
import type { StoredDocument } from '../streams.ts';

/** What a document of the events stream says now. All of it is its own word, and may be what somebody wrote into it. */
export interface DocumentWords {
  /** `_index`: the backing index. */
  index: string;
  /** `_id`. */
  id: string;
  /** Hex SHA-256 (RFC 6962 leaf hash) of its bytes. */
  hash: string;
  /** `@timestamp`. */
  time?: string | undefined;
  user?: string | undefined;
  verb?: string | undefined;
  /** `secrets/prod/db`, or the path of the request. */
  object?: string | undefined;
  /** Why nothing is told of it. */
  unread?: string;
  /** Members of the head that are not what the audit event in the same document says. */
  contradictions: Contradiction[];
  /** How many there are; the first are listed. */
  contradictionsTotal: number;
}

export interface Contradiction {
  /** `user.name`. */
  member: string;
  /** JSON, cut. */
  head: string;
  event: string;
}

const charsMax = 200;
const contradictionsMax = 10;

/** What is compared of the head: the members that say who did what, when and to what. The agent makes each of the event alone. */
const compared = [
  '@timestamp',
  'event.action',
  'event.outcome',
  'user',
  'source',
  'orchestrator',
  'http',
  'url',
  'user_agent',
] as const;

/** Reads a document, whatever is in it, within the bounds of {@link parseDocument}. */
export function wordsOf({ index, id, source }: StoredDocument): DocumentWords {
  const about = { index: cut(index), id: cut(id), hash: leafHash(source).toString('hex') };
  const nothing = { ...about, contradictions: [], contradictionsTotal: 0 };
  const document = parseDocument(source);
  if (typeof document !== 'object' || document === null)
    return { ...nothing, unread: 'it is not JSON, or more than a document of ours can be' };
  const orchestrator = at(document, 'orchestrator');
  const resource = at(orchestrator, 'resource');
  const named = [at(resource, 'type'), at(orchestrator, 'namespace'), at(resource, 'name')].flatMap(texts);
  const event = at(at(document, 'kubernetes'), 'audit');
  const all = contradictionsOf(document, source);
  return {
    ...about,
    time: text(at(document, '@timestamp')),
    // In the head, as searches find it, or where that has none, in the event.
    user: text(at(at(document, 'user'), 'name')) ?? text(at(at(event, 'user'), 'username')),
    verb: text(at(at(document, 'event'), 'action')) ?? text(at(event, 'verb')),
    object:
      named.length > 0
        ? named.join('/')
        : (text(at(at(document, 'url'), 'path')) ?? text(at(event, 'requestURI'))),
    contradictions: all.slice(0, contradictionsMax),
    contradictionsTotal: all.length,
  };
}

/** Makes the head anew of the event in the document, as the agent would, and compares. Nothing where there is no event. */
function contradictionsOf(document: object, source: Buffer): Contradiction[] {
  const line = auditLine(source);
  const event = line && parseEvent(line);
  if (!event) return [];
  const seal = at(document, 'auditseal');
  const origin = at(seal, 'origin');
  const { cluster, node } = isOrigin(origin) ? parseOrigin(origin) : { cluster: '', node: '' };
  const context: DocumentContext = {
    cluster,
    node,
    namespace: '',
    origin: '',
    logId: '',
    agentVersion: '',
    ecsVersion: '',
    personPlaces: [],
  };
  const readAt = new Date(String(at(at(document, 'event'), 'created')));
  // A time that cannot be read is made 1970: only an event without times of its own would show it.
  const place = {
    index: 0,
    batch: 0,
    path: 'unknown',
    offset: 0,
    readAt: Number.isNaN(readAt.getTime()) ? new Date(0) : readAt,
  };
  const head = parseDocument(Buffer.from(`${eventHead(event, context, place)}}`));
  if (head === undefined) return [];
  return compared
    .flatMap((name) => {
      const path = name.split('.');
      return differences(name, path.reduce(at, document as unknown), path.reduce(at, head as unknown));
    })
    .filter(({ member }) => !isFromElsewhere(member, event));
}

/** Whether a member is not of the event alone: a directory gave it, or a place where the person behind an identity is looked for. */
function isFromElsewhere(member: string, { impersonatedUser }: AuditEvent): boolean {
  if (/^user\.(?:effective\.)?(?:full_name|email|domain)$/u.test(member)) return true;
  return impersonatedUser === undefined && /^user\.effective(?:\.|$)/u.test(member);
}

const root = new WantedMembers();
const kubernetes = root.member('kubernetes');
const inner = new WantedMembers();
const audit = inner.member('audit');

function auditLine(source: Buffer): Buffer | undefined {
  if (!root.read(source) || kubernetes.bytes === undefined) return undefined;
  return inner.read(kubernetes.bytes) ? audit.bytes : undefined;
}

/** Of objects member by member; of anything else the value as a whole. */
function differences(member: string, head: unknown, event: unknown): Contradiction[] {
  if (isObject(head) && isObject(event))
    return [...new Set([...Object.keys(event), ...Object.keys(head)])].flatMap((name) =>
      differences(`${member}.${name}`, at(head, name), at(event, name)),
    );
  const [said, meant] = [json(head), json(event)];
  return said === meant ? [] : [{ member: cut(member), head: cut(said), event: cut(meant) }];
}

function json(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function texts(value: unknown): string[] {
  const found = text(value);
  return found === undefined ? [] : [found];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? cut(value) : undefined;
}

function cut(value: string): string {
  return value.length > charsMax ? `${value.slice(0, charsMax).toWellFormed()}…` : value;
}
