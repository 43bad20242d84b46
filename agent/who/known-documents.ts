import type { Event } from './event.ts';

/** Documents that a verification found something against. */
export class KnownDocuments {
  /** By `_id`, or `event.id`. */
  readonly #findings: ReadonlyMap<string, string>;

  constructor(findings: ReadonlyMap<string, string>) {
    this.#findings = findings;
  }

  get size(): number {
    return this.#findings.size;
  }

  /** What was found against an event's document, or against the place in the log that it claims. */
  of({ documentId, eventId }: Event): string | undefined {
    return this.#findings.get(documentId) ?? (eventId === null ? undefined : this.#findings.get(eventId));
  }
}
