import type { AuditEvent } from '../event/index.ts';
import { decodedLine } from '../redact/index.ts';
import type { Redacted } from '../redact/index.ts';
import type { Entry, Known } from '../identity/index.ts';
import { replacementsInEvent } from './find.ts';
import { pseudonymOf } from './pseudonyms.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { blanked, replaced } from './replacement.ts';
import type { Replacement } from './replacement.ts';
import { replacementsInText } from './text.ts';

export interface PseudonymizerOptions {
  /** Whether public addresses are replaced, too. */
  addresses: boolean;
  /** Keys of a user's `extra` that name a person, whoever the user is. */
  personExtras?: ReadonlySet<string>;
}

const impersonalFields: ReadonlySet<string> = new Set(['department', 'employment']);
const noExtras: ReadonlySet<string> = new Set();

/** Puts pseudonyms in the place of persons before the first byte of a line is sealed. All else stays byte for byte as it is. */
export class Pseudonymizer {
  readonly #pseudonyms: Pseudonyms;
  readonly #options: PseudonymizerOptions;
  /** Entries are never changed. */
  readonly #entries = new WeakMap<Entry, Entry>();

  constructor(pseudonyms: Pseudonyms, options: PseudonymizerOptions) {
    this.#pseudonyms = pseudonyms;
    this.#options = options;
  }

  /**
   * @param line what policy and redaction left of an event's bytes
   * @returns undefined where it says nothing of a person
   */
  event(line: Buffer, event: AuditEvent): Redacted | undefined {
    return replaced(
      line,
      this.#wanted(
        replacementsInEvent(
          decodedLine(line),
          event,
          this.#pseudonyms,
          this.#options.personExtras ?? noExtras,
        ),
      ),
    );
  }

  /**
   * The same for a line that is no event.
   *
   * @param isPart it is the beginning of a longer one
   */
  text(line: Buffer, isPart = false): Redacted | undefined {
    return replaced(line, this.#wanted(replacementsInText(decodedLine(line), this.#pseudonyms, isPart)));
  }

  /**
   * What directories say of persons. Department and employment stay, which tell nobody apart; the rest may: full name, e-mail address, manager, and
   * whatever else was asked for.
   */
  known({ user, effective, subject, status }: Known): Known {
    const hidden = (entry: Entry | undefined) => entry && this.#entry(entry);
    return { user: hidden(user), effective: hidden(effective), subject: hidden(subject), status };
  }

  #entry(entry: Entry): Entry {
    let hidden = this.#entries.get(entry);
    if (hidden === undefined) {
      const fields = Object.entries(entry.fields).map(([field, value]) => [
        field,
        impersonalFields.has(field) ? value : pseudonymOf(value, this.#pseudonyms),
      ]);
      hidden = { names: [], fields: Object.fromEntries(fields) as Record<string, string> };
      this.#entries.set(entry, hidden);
    }
    return hidden;
  }

  /** All of a text of which nobody knows what came before it. */
  whole(text: Buffer): Redacted | undefined {
    return replaced(text, [blanked(decodedLine(text), 0, text.length)]);
  }

  #wanted(found: readonly Replacement[]): readonly Replacement[] {
    return this.#options.addresses ? found : found.filter(({ rule }) => rule !== 'pseudonym-address');
  }
}
