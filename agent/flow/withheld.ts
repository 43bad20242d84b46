import { z } from 'zod';
import { isFields, textOf } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';

const received = 'RequestReceived';
/** What is longer is a document at once. */
const lineBytesMax = 16 * 1024;
/** Of an entry beside its line, roughly. */
const ownBytes = 512;

const withheldEvent = z.object({
  key: z.string(),
  at: z.number(),
  path: z.string(),
  file: z.string(),
  offset: z.number(),
  digest: z.string(),
  bytes: z.number(),
  rule: z.string(),
  redacted: z.array(z.tuple([z.string(), z.number()])),
  left: z.string(),
});

export const withheldEvents = z.array(withheldEvent);

/** A RequestReceived that was dropped with its batch and may be sealed after all: all that its document is made of. */
export type WithheldEvent = z.infer<typeof withheldEvent>;
// `at`: Unix milliseconds of its reading. `digest`: base64 SHA-256 of the line as it was read, of `bytes`, for its mac.
// `left`: base64 of what policy and redaction left of it; what was redacted is nowhere in the state.

export interface WithheldLimits {
  withhold: boolean;
  /** How long a later stage is waited for. */
  minutes: number;
  /** Room for all that wait. */
  bytesMax: number;
}

/**
 * RequestReceived of which no later stage has been seen. That stage says all that RequestReceived says, and what came of it; so it
 * need not be a document, unless none comes: an apiserver that is killed, or dies of the very request, writes no other.
 */
export class Withheld {
  readonly #limits: WithheldLimits;
  /** The oldest first. */
  readonly #events = new Map<string, WithheldEvent>();
  #bytes = 0;

  constructor(limits: WithheldLimits, restored: readonly WithheldEvent[]) {
    this.#limits = limits;
    for (const one of restored) this.#add(one);
  }

  /** Whether an event can be withheld, its line being of that many bytes. */
  takes(event: AuditEvent, bytes: number): string | undefined {
    if (!this.#limits.withhold || event.stage !== received || bytes > lineBytesMax) return undefined;
    const key = keyOf(event);
    // Whoever sends two requests with one Audit-ID in the same microsecond has both.
    return key === undefined || this.#events.has(key) ? undefined : key;
  }

  take(event: WithheldEvent): void {
    this.#add(event);
  }

  /** Looks whether an event is the later stage of one that waits. */
  see(event: AuditEvent): void {
    if (this.#events.size === 0 || event.stage === received) return;
    const key = keyOf(event);
    const one = key === undefined ? undefined : this.#events.get(key);
    if (one) this.#remove(one);
  }

  /** Those that have waited too long, or have no room, the oldest first. They wait no more. */
  due(now: number): WithheldEvent[] {
    const { minutes, bytesMax, withhold } = this.#limits;
    const due: WithheldEvent[] = [];
    for (const one of this.#events.values()) {
      // A clock that was set back must not make them wait for ever.
      const isOld = Math.abs(now - one.at) >= minutes * 60_000;
      if (!isOld && this.#bytes <= bytesMax && withhold) break;
      this.#remove(one);
      due.push(one);
    }
    return due;
  }

  list(): WithheldEvent[] {
    return [...this.#events.values()];
  }

  #add(one: WithheldEvent): void {
    this.#events.set(one.key, one);
    this.#bytes += one.left.length + ownBytes;
  }

  #remove(one: WithheldEvent): void {
    this.#events.delete(one.key);
    this.#bytes -= one.left.length + ownBytes;
  }
}

/**
 * What all stages of a request have in common. The Audit-ID is a header, and a client may send it twice; the time of receipt, in
 * microseconds, is the apiserver's, so that no other request can stand in for one that got no answer.
 */
function keyOf({
  auditID,
  requestReceivedTimestamp,
  user,
  verb,
  requestURI,
}: AuditEvent): string | undefined {
  const id = textOf(auditID);
  const time = textOf(requestReceivedTimestamp);
  if (id === undefined || time === undefined) return undefined;
  const name = isFields(user) ? textOf(user['username']) : undefined;
  return JSON.stringify([id, time, name, textOf(verb), textOf(requestURI)]);
}
