import { parseDocument } from '../parse-document.ts';
import { entryInside } from '../events/refused.ts';
import type { StoredDocument } from '../streams.ts';

/** A document as a value; of a refused form the whole entry inside, whoever signed for it. Undefined where it is not JSON, or too much. */
export function readableOf({ source }: StoredDocument): unknown {
  const entry = entryInside(source);
  return (entry && parseDocument(entry)) ?? parseDocument(source);
}
