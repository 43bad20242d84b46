import { fileBytesMax, readTextFile } from '../input/index.ts';
import { loadRules } from './rule-set.ts';
import type { RuleSet } from './rule-set.ts';

export interface RulesSettings {
  /** A file of rules of the user's own. */
  readonly rulesFile?: string | undefined;
  /** Ids of rules that are switched off. */
  readonly off: readonly string[];
}

/** The rules in force, which follow their file. */
export class RulesInForce {
  readonly #settings: RulesSettings;
  #text: string | undefined;
  #current: RuleSet;
  #isUnreadable = false;

  private constructor(settings: RulesSettings, text: string | undefined) {
    this.#settings = settings;
    this.#text = text;
    this.#current = rulesOf(settings, text);
  }

  /** Throws InputError if the file cannot be read, DetectError if it cannot be used. */
  static async open(settings: RulesSettings): Promise<RulesInForce> {
    return new RulesInForce(settings, await textOf(settings));
  }

  get current(): RuleSet {
    return this.#current;
  }

  /**
   * Looks at the file again. True: there are other rules now. Throws as {@link open} does; the rules stay what they were then, and
   * the same is not thrown at each look.
   */
  async refresh(): Promise<boolean> {
    if (this.#settings.rulesFile === undefined) return false;
    const text = await this.#read();
    if (text === undefined || text === this.#text) return false;
    this.#text = text;
    this.#current = rulesOf(this.#settings, text);
    return true;
  }

  async #read(): Promise<string | undefined> {
    try {
      const text = await textOf(this.#settings);
      this.#isUnreadable = false;
      return text;
    } catch (error) {
      if (this.#isUnreadable) return undefined;
      this.#isUnreadable = true;
      throw error;
    }
  }
}

async function textOf({ rulesFile }: RulesSettings): Promise<string | undefined> {
  return rulesFile === undefined ? undefined : await readTextFile(rulesFile, fileBytesMax.settings);
}

function rulesOf({ rulesFile, off }: RulesSettings, text: string | undefined): RuleSet {
  return loadRules({ own: text === undefined ? undefined : { name: rulesFile!, text }, off });
}
