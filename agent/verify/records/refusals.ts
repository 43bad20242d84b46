import type { RefusedForm } from '../../seal/index.ts';
import type { StoredDocument } from '../streams.ts';
import type { KeyRing } from './keys.ts';
import { isRefusalOf, refusalOf } from './notes.ts';
import type { Refusal } from './notes.ts';

/** Notes that come before their key is known: none of an honest log does. Somebody may have written a million others. */
const waitingMax = 10_000;

/** What signed notes say of one index; a character for the form, then the digest: of a million refusals 100 MB are kept. */
type Said = string;

const digestBytes = 32;
const letters: Record<RefusedForm, string> = { bodies: 'b', event: 'e' };

/** The refusals that the logs' own keys signed (docs/seal-format.md §4), found in the record stream while that is read. */
export class Refusals {
  readonly #keys: KeyRing;
  readonly #byLog = new Map<string, Map<number, Said>>();
  readonly #waiting: Refusal[] = [];

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** Takes a document that has the `_id` of a refusal note; one that is none counts for nothing. */
  take(document: StoredDocument): void {
    const refusal = refusalOf(document);
    if (!refusal) return;
    if (this.#keys.byLogId(refusal.logId)) this.#add(refusal);
    else if (this.#waiting.length < waitingMax) this.#waiting.push(refusal);
  }

  /** Call when all keys are known. */
  close(): void {
    for (const refusal of this.#waiting.splice(0)) this.#add(refusal);
  }

  /** In which forms the event of an index may be there, if its message has this digest (hex SHA-256). */
  formsOf(logId: string, index: number, messageDigest: string): RefusedForm[] {
    const said = this.#byLog.get(logId)?.get(index) ?? '';
    const digest = Buffer.from(messageDigest, 'hex').toString('latin1');
    const forms = new Set<RefusedForm>();
    for (let at = 0; at < said.length; at += 1 + digestBytes)
      if (said.slice(at + 1, at + 1 + digestBytes) === digest)
        forms.add(said[at] === letters.bodies ? 'bodies' : 'event');
    return [...forms];
  }

  /** Whether anything was signed about an index. */
  has(logId: string, index: number): boolean {
    return this.#byLog.get(logId)?.has(index) ?? false;
  }

  #add(refusal: Refusal): void {
    const { logId, index, form, messageDigest } = refusal;
    const key = this.#keys.byLogId(logId)?.key;
    if (!key || !isRefusalOf(key, refusal)) return;
    const ofLog = this.#byLog.get(logId) ?? new Map<number, Said>();
    this.#byLog.set(logId, ofLog);
    const one = letters[form] + Buffer.from(messageDigest, 'hex').toString('latin1');
    if (!this.formsOf(logId, index, messageDigest).includes(form))
      ofLog.set(index, (ofLog.get(index) ?? '') + one);
  }
}
