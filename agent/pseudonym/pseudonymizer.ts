import type { AuditEvent } from '../event/index.ts';
import { decodedLine } from '../redact/index.ts';
import type { Redacted } from '../redact/index.ts';
import { replacementsInEvent } from './find.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { blanked, replaced } from './replacement.ts';
import type { Replacement } from './replacement.ts';
import { replacementsInText } from './text.ts';

export interface PseudonymizerOptions {
  /** Whether public addresses are replaced, too. */
  addresses: boolean;
}

/** Puts pseudonyms in the place of persons before the first byte of a line is sealed. All else stays byte for byte as it is. */
export class Pseudonymizer {
  readonly #pseudonyms: Pseudonyms;
  readonly #options: PseudonymizerOptions;

  constructor(pseudonyms: Pseudonyms, options: PseudonymizerOptions) {
    this.#pseudonyms = pseudonyms;
    this.#options = options;
  }

  /**
   * @param line what policy and redaction left of an event's bytes
   * @returns undefined where it says nothing of a person
   */
  event(line: Buffer, event: AuditEvent): Redacted | undefined {
    return replaced(line, this.#wanted(replacementsInEvent(decodedLine(line), event, this.#pseudonyms)));
  }

  /**
   * The same for a line that is no event.
   *
   * @param isPart it is the beginning of a longer one
   */
  text(line: Buffer, isPart = false): Redacted | undefined {
    return replaced(line, this.#wanted(replacementsInText(decodedLine(line), this.#pseudonyms, isPart)));
  }

  /** All of a text of which nobody knows what came before it. */
  whole(text: Buffer): Redacted | undefined {
    return replaced(text, [blanked(decodedLine(text), 0, text.length)]);
  }

  #wanted(found: readonly Replacement[]): readonly Replacement[] {
    return this.#options.addresses ? found : found.filter(({ rule }) => rule !== 'pseudonym-address');
  }
}
