import { bodiesIn } from '../cel/index.ts';
import {
  bodyMembers,
  cutManagedFields,
  isFields,
  parseEvent,
  responseMember,
  textOf,
} from '../event/index.ts';
import type { AuditEvent, Fields } from '../event/index.ts';
import { cutMembers } from '../json/index.ts';
import type { Policy } from '../policy/index.ts';
import { addTo, Counter } from './counter.ts';
import type { Amount } from './counter.ts';
import { Groups } from './groups.ts';

const received = 'RequestReceived';
/** RequestReceived that wait for a later stage. A request that is served takes some lines; a watch of half an hour some hundred thousand. */
const waitingMax = 200_000;

/** What makes an audit log big, and what a policy would keep of it; its memory does not grow with the log. */
export class Census {
  readonly #policy: Policy;
  readonly all: Amount = { events: 0, bytes: 0 };
  /** Lines that are no audit event. */
  readonly malformed: Amount = { events: 0, bytes: 0 };
  readonly byUser = new Counter();
  readonly byVerb = new Counter();
  readonly byResource = new Counter();
  readonly byUserAgent = new Counter();
  readonly byStage = new Counter();
  /** Events with managed fields, and the bytes of these alone. */
  readonly managedFields: Amount = { events: 0, bytes: 0 };
  /** RequestReceived of which a later stage followed. */
  readonly followed: Amount = { events: 0, bytes: 0 };
  /** By the rule that decided; `bytes` are those that it takes away. */
  readonly dropped = new Counter();
  readonly reduced = new Counter();
  /** What the policy keeps, in the bytes that are left. */
  readonly kept: Amount = { events: 0, bytes: 0 };
  /** Kept events that a rule could name. */
  readonly groups = new Groups();
  /** The least and greatest stageTimestamp, as text. */
  first: string | undefined;
  last: string | undefined;
  readonly #waiting = new Map<string, number>();

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  /** Takes one line, without its newline. */
  take(line: Buffer): void {
    const bytes = line.length + 1;
    const event = parseEvent(line);
    if (event === undefined) {
      if (line.length > 0) addTo(this.malformed, bytes);
      return;
    }
    addTo(this.all, bytes);
    this.#countBy(event, bytes);
    this.#countStages(event, bytes);
    const slim = cutManagedFields(line, event);
    if (slim) addTo(this.managedFields, line.length - lengthOf(slim.pieces));
    const { action, rule, omitManagedFields } = this.#policy.decide(event, bodiesIn(line));
    if (action === 'drop') return this.dropped.add(rule, bytes);
    const left = omitManagedFields && slim && action !== 'metadata' ? Buffer.concat(slim.pieces) : line;
    const rest = action === 'keep' ? left.length : lengthOf(cutMembers(left, cuts[action]));
    if (rest + 1 < bytes) this.reduced.add(rule, bytes - rest - 1);
    addTo(this.kept, rest + 1);
    this.groups.add(event, rest + 1);
  }

  #countBy(event: AuditEvent, bytes: number): void {
    const user = isFields(event.user) ? textOf(event.user['username']) : undefined;
    this.byUser.add(user ?? '(none)', bytes);
    this.byVerb.add(textOf(event.verb) ?? '(none)', bytes);
    this.byResource.add(resourceOf(event), bytes);
    this.byUserAgent.add(productOf(textOf(event.userAgent) ?? '(none)'), bytes);
    this.byStage.add(textOf(event.stage) ?? '(none)', bytes);
    const at = textOf(event.stageTimestamp);
    if (at === undefined) return;
    if (this.first === undefined || at < this.first) this.first = at;
    if (this.last === undefined || at > this.last) this.last = at;
  }

  #countStages({ stage, auditID }: AuditEvent, bytes: number): void {
    const id = textOf(auditID);
    if (id === undefined) return;
    if (stage !== received) {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) return;
      this.#waiting.delete(id);
      return addTo(this.followed, waiting);
    }
    this.#waiting.set(id, bytes);
    if (this.#waiting.size > waitingMax)
      for (const [oldest] of this.#waiting) return void this.#waiting.delete(oldest);
  }
}

const cuts = { metadata: bodyMembers, request: responseMember } as const;

/** What is an object in an event is shared between events that have the same text there. */
const resourceNames = new WeakMap<object, string>();

function resourceOf({ objectRef, requestURI }: AuditEvent): string {
  if (!isFields(objectRef))
    return `${(textOf(requestURI) ?? '').split(/[?]/u, 1)[0]!.split('/', 2).join('/')}…`;
  let known = resourceNames.get(objectRef);
  if (known === undefined) resourceNames.set(objectRef, (known = nameOf(objectRef)));
  return known;
}

function nameOf(objectRef: Fields): string {
  const [name = '(none)', subresource, group] = [
    textOf(objectRef['resource']),
    textOf(objectRef['subresource']),
    textOf(objectRef['apiGroup']),
  ];
  return `${name}${group === undefined ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** What comes before the system and commit in the user agents of Kubernetes' own clients. */
function productOf(userAgent: string): string {
  const end = userAgent.indexOf(' ');
  return end < 0 ? userAgent : userAgent.slice(0, end);
}

function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
