/** What names one event: its `event.id`, its `_id`, or the `_id` of a document that is not of that form. */
export interface EventName {
  text: string;
  /** Undefined where the form is another. */
  place: { logId: string; index: number; eventId: string } | undefined;
}

/** Elasticsearch takes no longer `_id`. */
const bytesMax = 512;

const form = /^(([0-9a-f]{16})-(\d{12}))(?:-[0-9a-f]{16})?$/u;

/** Undefined where it can be none (docs/seal-format.md §5). */
export function eventNameOf(text: string): EventName | undefined {
  if (text === '' || Buffer.byteLength(text) > bytesMax) return undefined;
  const [, eventId, logId, digits] = form.exec(text) ?? [];
  if (eventId === undefined || logId === undefined) return { text, place: undefined };
  return { text, place: { logId, index: Number(digits), eventId } };
}
